//! Tries many inputs of targets, without looking at what they reach; `cargo xtask fuzz --inputs N` calls it.
//!
//! It needs no build of its own and finds what is broken for one input in thousands. For each promise that
//! broke it tells the first input that did it, by number; `--show` writes that input to the terminal.

#![expect(clippy::print_stdout, reason = "a program tells what it found on the terminal")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use quire_fuzz::{Broken, TARGETS, Target};

const HELP: &str = "\
Tries inputs of fuzz targets.

Usage: quire-fuzz [TARGET...] [--from N] [--inputs N]
       quire-fuzz TARGET --show N

Options:
  --from N     The number of the first input; default 0
  --inputs N   How many inputs each target gets; default 10000
  --show N     Writes the input of this number, and tells nothing
";

/// What is to be tried.
struct Plan {
    targets: Vec<&'static Target>,
    from: u64,
    inputs: u64,
    show: Option<u64>,
}

/// What a target did with its inputs.
struct Outcome {
    /// The first input that broke a promise, by the place where it was noticed, and how many did.
    found: BTreeMap<String, (u64, Broken, u64)>,
    elapsed: Duration,
    /// The input that took longest.
    slowest: (Duration, u64),
}

fn main() -> ExitCode {
    let plan = match read(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(problem) => {
            println!("{problem}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(number) = plan.show {
        let mut inputs = plan.targets.iter().map(|target| target.input(number));
        let written = inputs.try_for_each(|input| std::io::stdout().write_all(&input));
        return if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let next = AtomicUsize::new(0);
    let found = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(target) = plan.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    println!("{} begins", target.name);
                    let outcome = try_target(target, &plan);
                    found.fetch_add(outcome.found.len(), Ordering::Relaxed);
                    tell(target, &plan, &outcome);
                }
            });
        }
    });
    if found.into_inner() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan { targets: Vec::new(), from: 0, inputs: 10_000, show: None };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let number = arguments.next().and_then(|number| number.parse().ok());
            number.ok_or_else(|| format!("`{argument}` takes a whole number"))
        };
        match argument.as_str() {
            "--from" => plan.from = number()?,
            "--inputs" => plan.inputs = number()?,
            "--show" => plan.show = Some(number()?),
            name => {
                let target = TARGETS.iter().find(|target| target.name == name);
                plan.targets.push(target.ok_or_else(|| format!("there is no target `{name}`"))?);
            }
        }
    }
    if plan.targets.is_empty() {
        plan.targets = TARGETS.iter().collect();
    }
    Ok(plan)
}

fn try_target(target: &Target, plan: &Plan) -> Outcome {
    let start = Instant::now();
    let mut found: BTreeMap<String, (u64, Broken, u64)> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, plan.from);
    for number in plan.from..plan.from.saturating_add(plan.inputs) {
        let input = target.input(number);
        let begin = Instant::now();
        let result = target.try_bytes(&input);
        slowest = slowest.max((begin.elapsed(), number));
        if let Err(broken) = result {
            found.entry(broken.place.clone()).or_insert((number, broken, 0)).2 += 1;
        }
    }
    Outcome { found, elapsed: start.elapsed(), slowest }
}

fn tell(target: &Target, plan: &Plan, outcome: &Outcome) {
    let (longest, number) = outcome.slowest;
    println!(
        "{}: {} inputs in {:.1} s; number {number} took longest, {:.0} ms",
        target.name,
        plan.inputs,
        outcome.elapsed.as_secs_f32(),
        longest.as_secs_f32() * 1000.0
    );
    for (number, broken, count) in outcome.found.values() {
        println!("  {count} inputs, first {number}: {broken}");
    }
}
