//! Pages: one file of HTML each, with its style and its script inside and nothing outside. What comes from a roster or a spec is
//! escaped by the engine, and the policy of the page lets no other script run than the one that it brings.
//! Pure.

use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::outputs::Outputs;

/// A page that cannot be made: a defect of its template.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made")]
pub struct PageError(#[from] minijinja::Error);

/// Names end in `.html`, by which the engine knows that it must escape.
const OUTPUTS: (&str, &str) = ("outputs.html", include_str!("page/outputs.html.jinja"));
const STATUS: (&str, &str) = ("status.html", include_str!("page/status.html.jinja"));
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// Outputs as a page.
pub fn outputs(outputs: &Outputs, made: &str) -> Result<String, PageError> {
    page(OUTPUTS, outputs, made)
}

/// The status of every resource as a page.
pub fn status(status: &Value, made: &str) -> Result<String, PageError> {
    page(STATUS, status, made)
}

fn page((name, template): (&str, &str), what: &impl Serialize, made: &str) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.add_filter("look", |state: &str| look(state));
    let what = serde_json::to_value(what).unwrap_or_default();
    let page = context! {
        what => minijinja::Value::from(minijinja::value::Serde(what)),
        made, policy => policy(), style => STYLE, script => SCRIPT
    };
    Ok(environment.render_named_str(name, template, page)?)
}

/// The class of the style in which a state is shown.
fn look(state: &str) -> &'static str {
    match state {
        "ready" | "running" | "ok" => "good",
        "not ready" | "starting" | "differs" | "not declared" => "wait",
        _ => "bad",
    }
}

/// Nothing is loaded from anywhere; the page's own style and script are known by their digests.
fn policy() -> String {
    let digest = |text: &str| {
        let sum = Sha256::digest(text.as_bytes());
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sum)
    };
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}
