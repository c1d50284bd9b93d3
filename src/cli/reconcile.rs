//! `provost reconcile`: keeps a project as the specs of a folder say, round after round, until it is asked to stop. What comes
//! next is decided in `crate::reconcile`; this waits for it, and does it by the way of `plan` and `apply`.

mod check;
mod round;
mod serve;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::gcp::chance::Chance;
use crate::reconcile::{Next, Rounds};

use super::args::ReconcileArgs;
use super::exit::{Exit, Refusal};
use super::printer::{LOG, Printer};
use super::signal::Stop;
use round::Worker;

pub(super) async fn run(args: &ReconcileArgs, printer: &Printer) -> anyhow::Result<Exit> {
    if !args.listen.ip().is_loopback() {
        let at = args.listen;
        let why = format!(
            "`--listen {at}` is not on loopback: metrics and health are for this machine only; write `127.0.0.1:{}`",
            at.port()
        );
        return Err(Refusal::Usage(why).into());
    }
    if args.check {
        return check::run(args.listen, printer).await;
    }
    let shared = Shared(Arc::new(Mutex::new(Rounds::new(args.every, Timestamp::now()))));
    let address = serve::start(args.listen, shared.clone()).await?;
    let (every, report_only) = (args.every.as_secs(), args.report_only);
    tracing::info!(target: LOG, every_seconds = every, report_only, "listening on http://{address}");
    let stop = Stop::listen();
    turn(&shared, &mut Worker::new(args, printer.logging(), stop.clone()), &stop).await;
    tracing::info!(target: LOG, "stopped");
    Ok(Exit::Done)
}

/// Rounds and waits, until somebody asks to stop.
async fn turn(shared: &Shared, worker: &mut Worker<'_>, stop: &Stop) {
    let chance = Chance::new();
    while !stop.is_asked() {
        let next = shared.rounds().next(Timestamp::now());
        match next {
            Next::Round => {
                shared.rounds().begin(Timestamp::now());
                // A round takes much room, which nobody needs between two of them.
                let round = Box::pin(worker.round()).await;
                let wait = shared.rounds().end(&round, Timestamp::now(), chance.fraction());
                worker.tell(&round, wait);
            }
            Next::Look => {
                let changed = worker.folder_changed();
                shared.rounds().looked(changed, Timestamp::now());
            }
            Next::Wait(time) => tokio::select! {
                () = tokio::time::sleep(time) => {}
                () = stop.asked() => {}
            },
        }
    }
}

/// The rounds, as the loop and those who ask about it see them.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Rounds>>);

impl Shared {
    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
