//! Long work: it runs off the runtime's threads, a limited number of jobs at a time, and stops when its result is no
//! longer needed.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::{block_in_place, spawn_blocking},
};

use crate::clock::uptime;

/// Maximum number of concurrent jobs. More would take the processors from the threads that serve all other requests.
const MAX_JOBS: usize = 8;

/// Runs jobs on separate threads.
#[derive(Debug)]
pub(crate) struct Workers {
    slots: Arc<Semaphore>,
    timeout: Duration,
}

type AnyJob = Box<dyn FnOnce(&Cancellation) -> Box<dyn Any + Send> + Send>;

/// Tells a job when to stop.
#[derive(Debug)]
pub(crate) struct Cancellation {
    is_abandoned: Arc<AtomicBool>,
    /// The end of its time, in real time.
    deadline: Duration,
}

/// A job was told to stop: its time is over, or its client disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cancelled;

impl Workers {
    /// Creates workers whose jobs are cancelled after `timeout`, in real time.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { slots: Arc::new(Semaphore::new(MAX_JOBS)), timeout }
    }

    /// Runs a job as soon as a slot is free. The job is cancelled when the future is dropped.
    pub(crate) async fn run<T: Send + 'static>(&self, job: impl FnOnce(&Cancellation) -> T + Send + 'static) -> T {
        let output = self.run_any(Box::new(|cancellation| Box::new(job(cancellation)))).await;
        *output.downcast().expect("it is the output of the job")
    }

    /// Runs a job with an output of any type, so that the code around a job is compiled once.
    async fn run_any(&self, job: AnyJob) -> Box<dyn Any + Send> {
        let slot = self.slots.clone().acquire_owned().await.expect("it is never closed");
        let abandon = CancelOnDrop(Arc::default());
        let (is_abandoned, timeout) = (abandon.0.clone(), self.timeout);
        let running = spawn_blocking(move || {
            // An abandoned job keeps its slot until it stops.
            let _slot = slot;
            job(&Cancellation::new(is_abandoned, timeout))
        });
        match running.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Runs a job that may borrow. A job that `lasts` runs on this thread while the runtime moves other tasks to other
    /// threads, if it has any.
    pub(crate) async fn run_in_place<T>(&self, lasts: bool, job: impl FnOnce() -> T) -> T {
        if !lasts {
            return job();
        }
        let _slot = self.slots.acquire().await.expect("it is never closed");
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => block_in_place(job),
            _ => job(),
        }
    }

    /// Runs a job on this thread, for a caller that waits for it there.
    pub(crate) fn run_here<T>(&self, job: impl FnOnce(&Cancellation) -> T) -> T {
        job(&Cancellation::new(Arc::default(), self.timeout))
    }
}

impl Cancellation {
    fn new(is_abandoned: Arc<AtomicBool>, timeout: Duration) -> Self {
        Self { is_abandoned, deadline: uptime().saturating_add(timeout) }
    }

    /// Checks that the job may continue.
    ///
    /// # Errors
    ///
    /// [`Cancelled`] if it must stop.
    pub(crate) fn check(&self) -> Result<(), Cancelled> {
        match self.is_abandoned.load(Ordering::Relaxed) || uptime() >= self.deadline {
            true => Err(Cancelled),
            false => Ok(()),
        }
    }
}

/// Cancels a job when it is dropped.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_stops_when_nobody_waits_for_it_or_its_time_is_over() {
        let workers = Workers::new(Duration::from_secs(3600));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (stopped, has_stopped) = tokio::sync::oneshot::channel();
        let job = workers.run(move |cancellation| {
            begun.send(()).unwrap();
            while cancellation.check().is_ok() {
                std::thread::yield_now();
            }
            stopped.send(()).unwrap();
        });
        tokio::select! {
            () = job => unreachable!("its time is not over"),
            begun = has_begun => begun.unwrap(),
        }
        has_stopped.await.unwrap();
        let _all = workers.slots.acquire_many(MAX_JOBS as u32).await.unwrap();
        assert_eq!(Workers::new(Duration::ZERO).run(Cancellation::check).await, Err(Cancelled));
    }
}
