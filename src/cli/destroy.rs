//! `provost destroy`: a plan like any other, by which everything the course owns goes, or only what has expired.

use crate::diff::Intent;

use super::args::DestroyArgs;
use super::exit::Exit;
use super::printer::Printer;

pub(super) async fn run(args: &DestroyArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let overrides = args.policy.overrides.iter().copied().collect();
    let intent = Intent { destroy: !args.expired, expired: args.expired, overrides, ..Intent::default() };
    super::apply::carry_through(&args.target, &args.run, &intent, printer).await
}
