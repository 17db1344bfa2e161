//! Signs of life where no bar moves: a log, or a driver that compiles for minutes.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Output;

/// The longest time without a line.
const SILENCE: Duration = Duration::from_secs(30);

/// Prints what is going on whenever nothing was said of it for half a minute, until it is dropped. On a
/// terminal bars do that.
pub struct Heartbeat(Option<Beating>);

struct Beating {
    /// Until it is dropped, which ends the thread.
    news: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
    /// When it was last told what is going on.
    told: Cell<Instant>,
}

impl Heartbeat {
    /// Begins with `what` going on.
    pub fn new(output: &Output, what: &str) -> Self {
        Self((!output.has_bars()).then(|| Beating::new(output.clone(), what.to_owned())))
    }

    /// What is going on now; `describe` is asked now and then, and only if somebody may hear of it.
    pub fn is(&self, describe: impl FnOnce() -> String) {
        const OFTEN: Duration = Duration::from_secs(1);
        if let Some(Beating {
            news: Some(news),
            told,
            ..
        }) = &self.0
            && told.get().elapsed() > OFTEN
        {
            told.set(Instant::now());
            // Its thread lives as long as this does.
            let _ = news.send(describe());
        }
    }
}

impl Beating {
    fn new(output: Output, what: String) -> Self {
        let (news, heard) = channel();
        Self {
            news: Some(news),
            thread: Some(std::thread::spawn(move || beat(&output, what, &heard))),
            told: Cell::new(Instant::now()),
        }
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        self.news = None;
        if let Some(thread) = self.thread.take() {
            // Nothing is lost if it panicked.
            let _ = thread.join();
        }
    }
}

/// Prints `what`, or the latest that is `heard` instead, until no more can be.
fn beat(output: &Output, mut what: String, heard: &Receiver<String>) {
    let began = Instant::now();
    let mut due = began + SILENCE;
    loop {
        match heard.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(latest) => what = latest,
            Err(RecvTimeoutError::Timeout) => {
                let minutes = began.elapsed().as_secs_f64() / 60.0;
                output.note(format!("After {minutes:.1} min: {what}."));
                due = Instant::now() + SILENCE;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}
