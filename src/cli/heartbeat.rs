//! Signs of life where no bar moves: a log, or a driver that compiles for minutes.

use std::cell::Cell;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Output;

/// The longest time without a line.
const SILENCE: Duration = Duration::from_secs(30);

/// Prints what is going on whenever nothing was said of it for half a minute, until it is dropped. On a
/// terminal bars do that.
pub struct Heartbeat {
    news: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
    /// When it was last told what is going on.
    told: Cell<Instant>,
}

impl Heartbeat {
    /// Begins with `what` going on.
    pub fn new(output: &Output, what: &str) -> Self {
        if output.has_bars() {
            return Self {
                news: None,
                thread: None,
                told: Cell::new(Instant::now()),
            };
        }
        let (news, heard) = channel::<String>();
        let (output, mut what) = (output.clone(), what.to_owned());
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut due = Instant::now() + SILENCE;
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
        });
        Self {
            news: Some(news),
            thread: Some(thread),
            told: Cell::new(Instant::now()),
        }
    }

    /// What is going on now; `describe` is asked now and then, and only if somebody may hear of it.
    pub fn is(&self, describe: impl FnOnce() -> String) {
        const OFTEN: Duration = Duration::from_secs(1);
        if let Some(news) = &self.news
            && self.told.get().elapsed() > OFTEN
        {
            self.told.set(Instant::now());
            // Its thread lives as long as this does.
            let _ = news.send(describe());
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.news = None;
        if let Some(thread) = self.thread.take() {
            // Nothing is lost if it panicked.
            let _ = thread.join();
        }
    }
}
