//! Speed of `begin/` and `result/` beside a minimal server, as a ratio, what a session costs in memory, how long a
//! start takes, and how long a picture; `make bench` runs it.
//!
//! Server and load have a core each. The sides take turns within a round, the one that begins changes from round to
//! round, and every turn has a new process, so that neither side has the better moment or the fuller store. What else
//! the machine does comes and goes within seconds: many short rounds are better than a few long ones.
//!
//! `cargo bench --bench yardstick -- --rounds 31 --seconds 1` takes longer and is surer; the seconds are those of a turn.
//! `-- calls`, `-- memory`, `-- start` and `-- media` measure that alone. `cargo test --bench yardstick -- harness` starts the harness
//! in a debug build.

mod baseline;
mod body;
mod load;
mod media;
mod memory;
mod server;
mod start;

use std::{env, error::Error, process::ExitCode, thread};

use self::{
    load::{Measured, repeat},
    server::{Endpoint, Server, Side},
};

/// How long a new server is warmed up.
const WARM_UP_SECONDS: u64 = 1;

/// A server that had less than this share of its core was disturbed by another program, or was faster than the load.
const BUSY: f64 = 0.9;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["baseline", port] => baseline::run(port),
        ["harness", ..] => in_runtime(start::of_harness()),
        // Only `cargo bench` says so; `cargo test` runs this too.
        _ if !arguments.contains(&"--bench") => {
            println!("nothing is measured without --bench; `make bench` does it");
            Ok(())
        }
        _ => Plan::read(&arguments).and_then(|plan| plan.carry_out()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn in_runtime(measuring: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(measuring)
}

/// What is measured, and how much.
#[derive(Debug)]
struct Plan {
    /// `calls`, `memory`, `start` or `media`; otherwise all of them.
    only: Option<String>,
    rounds: u64,
    seconds: u64,
}

/// A turn of one side.
#[derive(Debug)]
struct Turn {
    measured: Measured,
    /// The share of its core that the server used.
    busy: f64,
}

/// A turn of each side.
#[derive(Debug)]
struct Round {
    mock: Turn,
    baseline: Turn,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.mock.measured.rate() / self.baseline.measured.rate()
    }

    fn is_disturbed(&self) -> bool {
        self.mock.busy.min(self.baseline.busy) < BUSY
    }
}

impl Plan {
    fn read(arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut plan = Self { only: None, rounds: 15, seconds: 1 };
        let mut rest = arguments.iter().filter(|argument| **argument != "--bench");
        while let Some(name) = rest.next() {
            let setting = match *name {
                "--rounds" => &mut plan.rounds,
                "--seconds" => &mut plan.seconds,
                "calls" | "memory" | "start" | "media" => {
                    plan.only = Some((*name).to_owned());
                    continue;
                }
                _ => {
                    let known = "calls, memory, start, media, --rounds and --seconds";
                    return Err(format!("`{name}` is not known; there are {known}").into());
                }
            };
            let number = rest.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
            *setting = number.ok_or_else(|| format!("`{name}` takes a number from 1"))?;
        }
        Ok(plan)
    }

    fn carry_out(&self) -> Result<(), Box<dyn Error>> {
        let is_wanted = |what| self.only.as_deref().is_none_or(|only| only == what);
        if is_wanted("calls") {
            self.compare_calls()?;
        }
        if is_wanted("memory") {
            in_runtime(memory::compare())?;
        }
        if is_wanted("start") {
            start::of_processes()?;
            in_runtime(start::of_harness())?;
        }
        if is_wanted("media") {
            in_runtime(media::of_firsts())?;
            media::of_cached(self.seconds)?;
            in_runtime(media::of_many())?;
        }
        Ok(())
    }

    fn compare_calls(&self) -> Result<(), Box<dyn Error>> {
        if thread::available_parallelism()?.get() < 2 {
            return Err("server and load need a core each, and there is one".into());
        }
        let Self { rounds, seconds, .. } = self;
        println!(
            "{rounds} rounds of {seconds} s a side. A line is the round with the median of the ratios; `half` is where"
        );
        println!("the middle half of them lies. Latencies are p50 / p99 in ms.\n");
        println!(
            "{:<20} {:>10} {:>14} {:>6} {:>11}   {:>13} {:>15}   goal",
            "", "mock req/s", "baseline req/s", "ratio", "half", "mock", "baseline",
        );
        for endpoint in Endpoint::ALL {
            self.compare(endpoint)?;
        }
        Ok(())
    }

    /// Measures both sides and prints their line of the table.
    fn compare(&self, endpoint: Endpoint) -> Result<(), Box<dyn Error>> {
        let calls = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mock = Server::start(Side::Mock, &[], true)?;
        let answer = calls.block_on(mock.prepare(endpoint))?.answer;
        drop(mock);
        let take_turn = |side: Side| -> Result<Turn, Box<dyn Error>> {
            let server = Server::start(side, &answer, true)?;
            let call = calls.block_on(server.prepare(endpoint))?;
            if call.answer.len() != answer.len() {
                let (length, wanted) = (call.answer.len(), answer.len());
                return Err(format!("{side:?} answers {length} bytes where {wanted} were expected").into());
            }
            repeat(&call, WARM_UP_SECONDS)?;
            let before = server.busy_seconds()?;
            let measured = repeat(&call, self.seconds)?;
            let busy = (server.busy_seconds()? - before) / self.seconds as f64;
            Ok(Turn { measured, busy })
        };
        let mut rounds = Vec::new();
        for round in 0..self.rounds {
            // The fields are filled in the order in which they stand here.
            rounds.push(if round % 2 == 0 {
                Round { mock: take_turn(Side::Mock)?, baseline: take_turn(Side::Baseline)? }
            } else {
                Round { baseline: take_turn(Side::Baseline)?, mock: take_turn(Side::Mock)? }
            });
        }
        print(endpoint, rounds);
        Ok(())
    }
}

/// Prints the line of the table. Disturbed rounds do not count, as long as they are few.
fn print(endpoint: Endpoint, mut rounds: Vec<Round>) {
    let (all, disturbed) = (rounds.len(), rounds.iter().filter(|round| round.is_disturbed()).count());
    let few = disturbed * 2 < all;
    if few {
        rounds.retain(|round| !round.is_disturbed());
    }
    rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
    let quarter = |number: usize| &rounds[(rounds.len() - 1) * number / 4];
    let middle = quarter(2);
    let (mock, baseline) = (&middle.mock.measured, &middle.baseline.measured);
    println!(
        "{:<20} {:>10.0} {:>14.0} {:>6.3} {:>5.3}–{:>5.3}   {:>5.2} / {:>5.2} {:>7.2} / {:>5.2}   {}",
        endpoint.name(),
        mock.rate(),
        baseline.rate(),
        middle.ratio(),
        quarter(1).ratio(),
        quarter(3).ratio(),
        mock.p50_ms,
        mock.p99_ms,
        baseline.p50_ms,
        baseline.p99_ms,
        format_args!("{} {}", endpoint.goal(), if middle.ratio() >= endpoint.goal() { "reached" } else { "missed" }),
    );
    if disturbed > 0 {
        let verdict = if few { "they do not count" } else { "do not trust this line" };
        println!(
            "  in {disturbed} of {all} rounds a server had less than {:.0} % of its core: {verdict}",
            BUSY * 100.0
        );
    }
}
