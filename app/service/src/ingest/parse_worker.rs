//! The parse worker: what runs in the child process, job after job.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::Path;

use quire_domain::{DocumentPath, Failure, ModelId};
use quire_engines::{TokenCount, Tokenizers};
use quire_ingest::ParseLimits;
use serde::Serialize;

use super::jobs::{Answer, Job, Memory, Message, Outcome};

/// Tokenizers kept at a time; a collection has one model, so that this is many.
const TOKENIZERS: usize = 4;

/// Does jobs until standard input ends, each with at most `memory_bytes` of memory.
///
/// Errors are those of standard input and output and of the limit; a bad file is an `Outcome`.
pub fn run(tokenizers: &dyn Tokenizers, memory_bytes: u64) -> io::Result<()> {
    let mut worker = Worker { tokenizers, known: HashMap::new(), memory_bytes };
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let job: Job = serde_json::from_slice(&line)?;
        line.clear();
        let answer = worker.work(&job, &mut output)?;
        write_line(&mut output, &Message::Done { answer, memory: memory() })?;
    }
    Ok(())
}

struct Worker<'a> {
    tokenizers: &'a dyn Tokenizers,
    /// Those that were read, by model.
    known: HashMap<ModelId, TokenCount>,
    memory_bytes: u64,
}

impl Worker<'_> {
    fn work(&mut self, job: &Job, output: &mut impl Write) -> io::Result<Answer> {
        match job {
            Job::Parse { path, file } => {
                limit_memory(Some(self.memory_bytes))?;
                let bytes = match read(Path::new(file)) {
                    Ok(bytes) => bytes,
                    Err(failure) => return Ok(Answer::Parsed(Outcome::Failed(failure))),
                };
                if let Some(pages) = quire_ingest::count_pages(&bytes) {
                    write_line(output, &Message::Pages(pages))?;
                }
                Ok(Answer::Parsed(parse(path, &bytes)))
            }
            Job::Cut(uncut) => {
                // A tokenizer is no file of a stranger, and what it takes is not the text's fault.
                limit_memory(None)?;
                let memory_bytes = self.memory_bytes;
                let counter = match self.tokenizer(&uncut.model) {
                    Ok(counter) => counter,
                    Err(error) => return Ok(Answer::NoTokenizer(error.to_string())),
                };
                limit_memory(Some(memory_bytes))?;
                Ok(Answer::Cut(uncut.cut(&counter)))
            }
        }
    }

    fn tokenizer(&mut self, model: &ModelId) -> Result<&TokenCount, quire_engines::EngineError> {
        if !self.known.contains_key(model) {
            let opened = self.tokenizers.open_tokenizer(model)?;
            if self.known.len() >= TOKENIZERS {
                self.known.clear();
            }
            self.known.insert(model.clone(), opened);
        }
        Ok(&self.known[model])
    }
}

fn write_line<T: Serialize>(output: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")?;
    output.flush()
}

/// Lets this process map so many bytes more than it does now; without a number, as many as it may.
///
/// Address space is the only memory limit that an ordinary process can set itself.
fn limit_memory(more: Option<u64>) -> io::Result<()> {
    let (_, most) = rlimit::Resource::AS.get()?;
    let mapped = memory().map_or(0, |memory| memory.mapped);
    let soft = more.map_or(most, |more| mapped.saturating_add(more).min(most));
    rlimit::Resource::AS.set(soft, most)
}

/// Tells how much memory this process takes; only Linux does.
fn memory() -> Option<Memory> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes << 10)
    };
    Some(Memory { mapped: field("VmSize")?, resident: field("VmRSS")?, peak: field("VmHWM")? })
}

/// Parses one file in this process.
pub(super) fn parse_file(path: &DocumentPath, file: &Path) -> Outcome {
    read(file).map_or_else(Outcome::Failed, |bytes| parse(path, &bytes))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure {
        code: "unreadable".to_owned(),
        message: format!("the stored original could not be read: {error}"),
        hint: Some("upload the document again".to_owned()),
    })
}

fn parse(path: &DocumentPath, bytes: &[u8]) -> Outcome {
    match quire_ingest::parse(path, bytes, &ParseLimits::default()) {
        Ok(parsed) => Outcome::Parsed(Box::new(parsed)),
        Err(error) if error.is_unsupported() => Outcome::Unsupported(error.failure()),
        Err(error) => Outcome::Failed(error.failure()),
    }
}
