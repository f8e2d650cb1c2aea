//! The parse worker: what runs in the child process, job after job.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::Path;

use quire_domain::{DocumentPath, Failure, ModelId};
use quire_engines::{TokenCount, Tokenizers};
use quire_ingest::{NoReader, PageReader, ParseLimits};

use super::jobs::{Answer, Job, Message, Outcome};
use super::own_memory::{limit_memory, memory};
use super::scans::{Models, PageReaders, ScanReader};

/// Tokenizers kept at a time; a collection has one model, so that this is many.
const TOKENIZERS: usize = 4;

/// Does jobs until standard input ends, each with at most `memory_bytes` of memory.
///
/// Errors are those of standard input and output and of the limit; a bad file is an `Outcome`.
pub fn run(
    tokenizers: &dyn Tokenizers,
    readers: &dyn PageReaders,
    memory_bytes: u64,
) -> io::Result<()> {
    let (known, reader) = (HashMap::new(), OnceCell::new());
    let mut worker = Worker { tokenizers, known, readers, reader, memory_bytes };
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let job: Job = serde_json::from_slice(&line)?;
        line.clear();
        let answer = worker.work(&job, &mut output)?;
        Message::Done { answer, memory: memory() }.write(&mut output)?;
    }
    Ok(())
}

struct Worker<'a> {
    tokenizers: &'a dyn Tokenizers,
    /// Those that were read, by model.
    known: HashMap<ModelId, TokenCount>,
    readers: &'a dyn PageReaders,
    /// What reads pages that are pictures, once one was read.
    reader: OnceCell<Box<dyn PageReader>>,
    memory_bytes: u64,
}

impl Worker<'_> {
    fn work(&mut self, job: &Job, output: &mut impl Write) -> io::Result<Answer> {
        match job {
            Job::Parse { path, file, scans } => {
                limit_memory(Some(self.memory_bytes))?;
                let bytes = match read(Path::new(file)) {
                    Ok(bytes) => bytes,
                    Err(failure) => return Ok(Answer::Parsed(Outcome::Failed(failure))),
                };
                if let Some(pages) = quire_ingest::count_pages(&bytes) {
                    Message::Pages(pages).write(output)?;
                }
                let models = Models {
                    readers: self.readers,
                    kept: &self.reader,
                    memory_bytes: self.memory_bytes,
                };
                let reader = ScanReader::new(models, scans, output);
                Ok(Answer::Parsed(parse(path, &bytes, &reader)))
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

/// Parses one file in this process; pages that are pictures stay unread.
pub(super) fn parse_file(path: &DocumentPath, file: &Path) -> Outcome {
    read(file).map_or_else(Outcome::Failed, |bytes| parse(path, &bytes, &NoReader))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure {
        code: "unreadable".to_owned(),
        message: format!("the stored original could not be read: {error}"),
        hint: Some("upload the document again".to_owned()),
    })
}

fn parse(path: &DocumentPath, bytes: &[u8], reader: &dyn PageReader) -> Outcome {
    match quire_ingest::parse_with(path, bytes, &ParseLimits::default(), reader) {
        Ok(parsed) => Outcome::Parsed(Box::new(parsed)),
        Err(error) if error.is_unsupported() => Outcome::Unsupported(error.failure()),
        Err(error) => Outcome::Failed(error.failure()),
    }
}
