//! `provost pause` and `provost resume`: the machines of a course between its sessions, by a plan like any other.

use crate::diff::{Intent, Power};

use super::args::PowerArgs;
use super::exit::Exit;
use super::printer::Printer;

pub(super) async fn run(args: &PowerArgs, on: bool, printer: &mut Printer) -> anyhow::Result<Exit> {
    let power = Power { on, only: args.only.clone() };
    let intent = Intent { power: Some(power), ..Intent::default() };
    super::apply::carry_through(&args.target, &args.run, &intent, printer).await
}
