//! `provost schema`: the JSON Schema of a kind, of a whole file, of an overlay, of the sandbox's faults, of a saved plan or of what
//! commands write as JSON, or all of them as files.

use crate::kinds::{KindRegistry, schema};
use crate::report::json;
use crate::sandbox::Faults;
use crate::saved;
use crate::spec::suggest;

use super::args::SchemaArgs;
use super::exit::{Exit, Refusal};
use super::printer::Printer;

pub(super) fn run(args: &SchemaArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let registry = KindRegistry::standard();
    let mut all = schema::all(&registry);
    all.push(("overlay.json".to_owned(), schema::overlay(&registry)));
    all.push(("faults.json".to_owned(), Faults::schema()));
    all.extend(json::schemas());
    all.push(("plan-file.json".to_owned(), saved::schema()));
    if let Some(folder) = &args.out {
        fs_err::create_dir_all(folder)?;
        for (file, schema) in &all {
            fs_err::write(folder.join(file), format!("{schema:#}\n"))?;
        }
        printer.note(&format!("{} schemas in {}\n", all.len(), folder.display()));
        return Ok(Exit::Done);
    }
    let wanted = args.kind.as_deref().unwrap_or("provost");
    let found = all.iter().find(|(file, _)| file.trim_end_matches(".json") == wanted);
    let Some((_, schema)) = found else {
        let names = || all.iter().map(|(file, _)| file.trim_end_matches(".json"));
        let near = suggest::nearest(wanted, names()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("there are {}", names().collect::<Vec<_>>().join(", ")));
        return Err(Refusal::Usage(format!("there is no schema `{wanted}`; {help}")).into());
    };
    printer.json(schema);
    Ok(Exit::Done)
}
