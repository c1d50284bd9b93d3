//! Specs as YAML: what commands write that make specs out of something else (an import, a gcloud command).
//! Pure. What goes into a spec is decided by whoever calls this.

use serde_json::Value;

/// A document of a course folder: its kind, then its fields in the order in which they are given.
pub fn document(kind: &str, spec: &Value) -> String {
    let text = serde_yaml::to_string(spec).unwrap_or_else(|_| spec.to_string());
    format!("kind: {kind}\n{text}")
}

/// Documents as one file that editors complete and explain.
pub fn file(documents: &[String]) -> String {
    format!("{SCHEMA}\n{}", documents.join("---\n"))
}

/// The line by which an editor finds the schema of specs.
const SCHEMA: &str = "# yaml-language-server: $schema=https://raw.githubusercontent.com/provost-sh/provost/main/schemas/provost.json";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_keep_the_order_of_their_fields() {
        let rule = document("FirewallRule", &json!({"name": "web", "allow": ["tcp:80"]}));
        let text = file(&[rule, document("Vm", &json!({"name": "a"}))]);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            ["kind: FirewallRule", "name: web", "allow:", "- tcp:80", "---", "kind: Vm", "name: a"]
        );
    }
}
