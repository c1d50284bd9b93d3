//! Which image each family stands for, read once for a plan that is kept. What cannot be told is left to the day it is applied,
//! and said.

use super::{Seen, fetch};
use crate::gcp::{Client, Read};
use crate::kinds::wire::{last, text};
use crate::plan::{Finding, Plan, Weight};
use crate::preflight::image;
use crate::saved::{Pins, pins};

/// Finds the images of a plan's families. What the preflight would ask of them is answered with it.
pub async fn find_pins(client: &Client, plan: &Plan, seen: &mut Seen) -> (Pins, Vec<Finding>) {
    let families = pins::families(plan);
    let missing = families.iter().map(|family| image(family)).filter(|read| !seen.reads.has(read));
    for (read, answer) in fetch(client, missing.collect()).await {
        if let Ok(items) = answer {
            seen.reads.insert(read, items);
        }
    }
    let (mut found, mut untold) = (Pins::new(), Vec::new());
    for family in families {
        match pin(&family, &image(&family), seen) {
            Some(path) => drop(found.insert(family, path)),
            None => untold.push(unpinned(&family)),
        }
    }
    (found, untold)
}

fn pin(family: &str, read: &Read, seen: &mut Seen) -> Option<String> {
    let document = seen.reads.document(read)?.clone();
    let path = pins::image_of(family, &text(&document, "/name")?)?;
    seen.reads.insert(image(&path), vec![document]);
    Some(path)
}

fn unpinned(family: &str) -> Finding {
    Finding {
        severity: Weight::Warning,
        code: "not-pinned",
        address: None,
        message: format!(
            "the image of the family {} could not be told: the newest one is taken then",
            last(family)
        ),
        help: Some("name an image instead of the family: `image: { name: … }`".to_owned()),
    }
}
