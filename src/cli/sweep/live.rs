//! The progress of a sweep, on a terminal or in a log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::words::{error_of, seconds_of};
use crate::cli::Output;
use crate::cli::heartbeat::Heartbeat;
use crate::sweep::{End, How, Outcome, Plan, Shard, Watcher};

/// Shows the progress: a moving bar on a terminal, and a line after each combination.
pub struct Live<'a> {
    output: &'a Output,
    plan: &'a Plan,
    /// Combinations that this program sees to.
    count: usize,
    bar: ProgressBar,
    seen: Mutex<Seen>,
}

/// What was seen so far.
struct Seen {
    started: Instant,
    /// Samples that all combinations together have seen, those before an interruption included.
    position: usize,
    /// Those seen since `started`.
    computed: usize,
    /// Samples of each combination that is under way, by its place.
    under_way: BTreeMap<usize, usize>,
    done: usize,
    heartbeat: Heartbeat,
}

impl<'a> Live<'a> {
    /// For those combinations of `plan` that are in `shard`.
    pub fn new(plan: &'a Plan, shard: Shard, output: &'a Output) -> Self {
        let bar = output.bar(1, "{percent:>3} % {wide_bar} {msg}  {elapsed}, {eta} left");
        bar.enable_steady_tick(Duration::from_millis(200));
        let places = 0..plan.combinations.len();
        Self {
            output,
            plan,
            count: places.filter(|&place| shard.has(place)).count(),
            bar,
            seen: Mutex::new(Seen {
                started: Instant::now(),
                position: 0,
                computed: 0,
                under_way: BTreeMap::new(),
                done: 0,
                heartbeat: Heartbeat::new(output, "no step is done yet"),
            }),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// What is known so far; what another thread has left of it is as good as any.
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Samples that all networks of the combination at `place` will have seen at its end.
    fn samples_of(&self, place: usize) -> usize {
        let passes = self.plan.combinations[place].recipe.passes;
        passes * self.plan.trained_on.train.digits * self.plan.seeds.len()
    }
}

impl Watcher for Live<'_> {
    fn note(&self, line: &str) {
        self.bar.suspend(|| self.output.note(line));
    }

    fn begins(&self, places: &[usize]) {
        let samples: usize = places.iter().map(|&place| self.samples_of(place)).sum();
        self.bar.set_length(samples as u64);
        self.seen().started = Instant::now();
    }

    fn progress(&self, place: usize, pass: usize, samples: usize) {
        let mut seen = self.seen();
        let earlier = seen.under_way.insert(place, samples);
        // The first report of a combination counts what it had seen before it was interrupted, too.
        seen.computed += earlier.map_or(0, |earlier| samples.saturating_sub(earlier));
        seen.position += samples.saturating_sub(earlier.unwrap_or(0));
        let state = || {
            let rate = seen.computed as f64 / seen.started.elapsed().as_secs_f64();
            let name = self.plan.combinations[place].name();
            let (done, count) = (seen.done, self.count);
            format!("{done} of {count} done; {name}, pass {pass}  {rate:.0}/s")
        };
        seen.heartbeat.is(state);
        if !self.bar.is_hidden() {
            self.bar.set_position(seen.position as u64);
            self.bar.set_message(state());
        }
    }

    fn done(&self, place: usize, how: How, outcome: &Outcome) {
        let mut seen = self.seen();
        seen.done += 1;
        if how == How::Trained {
            let earlier = seen.under_way.remove(&place).unwrap_or(0);
            seen.position += self.samples_of(place).saturating_sub(earlier);
        }
        let what = match (how, &outcome.end) {
            (_, End::Diverged { reason }) => reason.clone(),
            (How::Found, End::Measured { .. }) => "found".to_owned(),
            (How::Trained, End::Measured { seconds, .. }) => {
                format!("trained in {}", seconds_of(*seconds))
            }
        };
        let error = outcome.error_percent(self.plan.held_out.digits);
        let error = error.map_or(String::new(), |error| {
            format!(", error {} %", error_of(&error))
        });
        self.note(&format!(
            "{} of {}: {}: {what}{error}",
            seen.done,
            self.count,
            self.plan.combinations[place].name()
        ));
    }
}
