//! The runtime of a mock: its own, so that it outlives the test that started it, or the one that it was started in.

use std::{
    any::Any,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::{JoinSet, unconstrained},
};

use crate::clock::is_runtime_paused;

/// A runtime. It is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum MockRuntime {
    Own(Arc<OwnRuntime>),
    Current(Handle),
}

/// A runtime on threads of its own, which ends when it is dropped, and can be dropped anywhere.
#[derive(Debug)]
pub(crate) struct OwnRuntime(Option<Runtime>);

/// The runtime has ended.
#[derive(Debug)]
pub(super) struct RuntimeEnded;

/// A future without its type, so that the code of a task is compiled once.
pub(super) type BoxTask<O> = Pin<Box<dyn Future<Output = O> + Send>>;

type AnyOutput = Box<dyn Any + Send>;

impl MockRuntime {
    /// Starts a runtime.
    ///
    /// # Errors
    ///
    /// An error of the system if no thread can be created.
    pub(super) fn start() -> io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("identomat-mock").enable_all().build()?;
        Ok(Self::Own(Arc::new(OwnRuntime(Some(runtime)))))
    }

    /// Returns the current runtime if its time is paused, so that delays follow that time; otherwise starts one.
    pub(super) fn start_unless_paused() -> io::Result<Self> {
        match Handle::try_current() {
            Ok(current) if is_runtime_paused() => Ok(Self::Current(current)),
            _ => Self::start(),
        }
    }

    /// Returns the current runtime.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    #[cfg(feature = "cli")]
    pub(crate) fn current() -> Self {
        Self::Current(Handle::current())
    }

    fn handle(&self) -> &Handle {
        match self {
            Self::Own(own) => own.0.as_ref().expect("it runs until it is dropped").handle(),
            Self::Current(handle) => handle,
        }
    }

    /// Starts a future on the runtime.
    pub(super) fn spawn(&self, work: BoxTask<()>) {
        self.handle().spawn(work);
    }

    /// Runs a future on the runtime; dropping the result cancels it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, RuntimeEnded> {
        self.run_any(without_type(work)).await.map(with_type)
    }

    async fn run_any(&self, work: BoxTask<AnyOutput>) -> Result<AnyOutput, RuntimeEnded> {
        let (send, output) = oneshot::channel();
        let mut tasks: JoinSet<()> = JoinSet::new();
        let work: BoxTask<()> = Box::pin(async {
            let _ = send.send(work.await);
        });
        tasks.spawn_on(work, self.handle());
        match tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            _ => output.await.map_err(|_| RuntimeEnded),
        }
    }

    /// Runs a future on the runtime, and blocks this thread until it has ended.
    pub(super) fn block_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, RuntimeEnded> {
        self.block_on_any(without_type(work)).map(with_type)
    }

    fn block_on_any(&self, work: BoxTask<AnyOutput>) -> Result<AnyOutput, RuntimeEnded> {
        let (send, output) = oneshot::channel();
        self.spawn(Box::pin(async {
            let _ = send.send(work.await);
        }));
        // The channel's own blocking call refuses threads of a runtime. A task may receive only so often before it yields,
        // which the caller does not.
        let mut output = pin!(unconstrained(output));
        let waker = Waker::from(Arc::new(WakeThread(thread::current())));
        loop {
            if let Poll::Ready(output) = output.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output.map_err(|_| RuntimeEnded);
            }
            thread::park();
        }
    }
}

/// Wakes the thread that waits for a future.
struct WakeThread(Thread);

impl Wake for WakeThread {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn without_type<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> BoxTask<AnyOutput> {
    Box::pin(async { Box::new(work.await) as AnyOutput })
}

fn with_type<T: 'static>(output: AnyOutput) -> T {
    *output.downcast().expect("it is the output of the future")
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
