//! `provost outputs`: what to hand out, for every student and machine.

use std::path::Path;

use jiff::Zoned;

use crate::report::outputs::{Outputs, Seen};

use super::args::{OutputsArgs, SheetFormat};
use super::exit::Exit;
use super::printer::Printer;
use super::{connection, course, wait};

pub(super) async fn run(args: &OutputsArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load(&args.target.course, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let looked = wait::look(&connection, &loaded).await;
    connection.close().await?;
    let wait::Look { plan, standings } = looked?;
    let plan = printer.showable(&plan);
    let seen = Seen { plan: &plan, desired: &loaded.desired, scope: &loaded.scope, standings: &standings };
    let text = written(&Outputs::of(seen), format(args))?;
    match &args.out {
        None => printer.out(&text),
        Some(file) => {
            fs_err::write(file, printer.hidden(&text))?;
            printer.note(&format!("written to {}\n", file.display()));
        }
    }
    Ok(Exit::Done)
}

/// What was asked for, or what the file is called like.
fn format(args: &OutputsArgs) -> SheetFormat {
    let extension = args.out.as_deref().and_then(Path::extension).and_then(|e| e.to_str());
    let meant = match extension.unwrap_or_default().to_lowercase().as_str() {
        "csv" => SheetFormat::Csv,
        "json" => SheetFormat::Json,
        "md" | "markdown" => SheetFormat::Markdown,
        "html" | "htm" => SheetFormat::Html,
        _ => SheetFormat::Table,
    };
    args.format.unwrap_or(meant)
}

fn written(outputs: &Outputs, format: SheetFormat) -> anyhow::Result<String> {
    Ok(match format {
        SheetFormat::Table => outputs.table(),
        SheetFormat::Csv => outputs.csv(),
        SheetFormat::Json => format!("{:#}\n", outputs.json()),
        SheetFormat::Markdown => outputs.markdown(),
        SheetFormat::Html => outputs.html(&made())?,
    })
}

/// When a page was made, as a person reads it.
pub(super) fn made() -> String {
    Zoned::now().strftime("%-d %B %Y, %H:%M %Z").to_string()
}
