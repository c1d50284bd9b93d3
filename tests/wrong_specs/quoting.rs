//! What must be quoted in YAML, and what is more than YAML may hold.

use insta::assert_snapshot;

use crate::check::{right, wrong};

#[test]
fn quote_that_is_not_closed_is_shown_where_it_opens() {
    let spec = r#"
        kind: Vm
        name: "web
        machineType: e2-medium
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: a quote is not closed: `"` is missing at the end
     --> spec.yaml:2:7
      |
    2 | name: "web
      |       ^ it opens here
      |
    help: end the text with `"`

    1 error.
    "#);
}

#[test]
fn second_colon_wants_quotes() {
    let spec = "
        kind: Bucket
        name: my-files
        labels:
          about: team: owl
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: this value holds a second `: `
     --> spec.yaml:4:10
      |
    4 |   about: team: owl
      |          ^^^^^^^^^ YAML reads it as a key of its own
      |
    help: put quotes around the value
      |
    4 -   about: team: owl
    4 +   about: "team: owl"
      |

    1 error.
    "#);
}

#[test]
fn line_that_is_too_deep() {
    let spec = "
        kind: Vm
        name: web
          machineType: e2-medium
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-syntax]: this line is indented deeper than it can be
     --> spec.yaml:3:3
      |
    3 |   machineType: e2-medium
      |   ^^^^^^^^^^^^^^^^^^^^^^ the line above has its value already
      |
    help: indent it like the line above

    1 error.
    ");
}

#[test]
fn apostrophe_in_single_quotes_is_doubled() {
    let spec = "
        kind: ServiceAccount
        name: ci-bot
        description: 'the school's robot'
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: text follows the closing quote
     --> spec.yaml:3:26
      |
    3 | description: 'the school's robot'
      |                          ^ the quoted text ended before this
      |
    help: inside '…' an apostrophe is written twice: 'it''s'; inside "…" a quote is written \"

    1 error.
    "#);
}

#[test]
fn escape_that_yaml_does_not_know() {
    let spec = r#"
        kind: ServiceAccount
        name: ci-bot
        description: "C:\temp\users"
    "#;
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: this cannot be read as YAML
     --> spec.yaml:3:14
      |
    3 | description: "C:\temp\users"
      |              ^ something before this is not finished
      |
    help: check quotes, brackets and indentation here and in the line above

    1 error.
    "#);
}

#[test]
fn star_is_an_alias_to_yaml() {
    let spec = "
        kind: Bucket
        name: my-files
        cors:
        - origin: [*]
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: `*` names no anchor of this document
     --> spec.yaml:4:12
      |
    4 | - origin: [*]
      |            ^ YAML reads `*` as an alias
      |
    help: put quotes around it if it is a text
      |
    4 - - origin: [*]
    4 + - origin: ["*"]
      |

    1 error.
    "#);
}

#[test]
fn at_sign_begins_no_value() {
    let spec = "
        kind: ServiceAccount
        name: ci-bot
        description: @school
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: a value cannot begin with the character @
     --> spec.yaml:3:14
      |
    3 | description: @school
      |              ^^^^^^^ YAML keeps it for itself
      |
    help: put quotes around the value
      |
    3 - description: @school
    3 + description: "@school"
      |

    1 error.
    "#);
}

#[test]
fn percent_sign_begins_no_value() {
    let spec = "
        kind: ServiceAccount
        name: ci-bot
        description: %50
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[yaml-syntax]: a value cannot begin with the character %
     --> spec.yaml:3:14
      |
    3 | description: %50
      |              ^^^ YAML keeps it for itself
      |
    help: put quotes around the value
      |
    3 - description: %50
    3 + description: "%50"
      |

    1 error.
    "#);
}

#[test]
fn expression_without_quotes_is_quoted() {
    let spec = "
        kind: Bucket
        name: my-files
        location: {{ vars.size }}
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[quote-the-expression]: a value that begins with `{{` must be quoted
     --> spec.yaml:3:11
      |
    3 | location: {{ vars.size }}
      |           ^^^^^^^^^^^^^^^ YAML reads this as a mapping
      |
    help: put quotes around it
      |
    3 - location: {{ vars.size }}
    3 + location: "{{ vars.size }}"
      |

    1 error.
    "#);
}

#[test]
fn expression_in_a_list_without_quotes_is_quoted() {
    let spec = "
        kind: Bucket
        name: my-files
        dataLocations: [EU, {{ vars.size }}]
    ";
    assert_snapshot!(wrong(spec), @r#"
    error[quote-the-expression]: a value that begins with `{{` must be quoted
     --> spec.yaml:3:21
      |
    3 | dataLocations: [EU, {{ vars.size }}]
      |                     ^^^^^^^^^^^^^^^ YAML reads this as a mapping
      |
    help: put quotes around it
      |
    3 - dataLocations: [EU, {{ vars.size }}]
    3 + dataLocations: [EU, "{{ vars.size }}"]
      |

    1 error.
    "#);
}

#[test]
fn document_nested_too_deep_is_refused() {
    let found = wrong(&format!("kind: Bucket\nname: {}x{}\n", "[".repeat(200), "]".repeat(200)));
    assert_snapshot!(found, @"
    error[yaml-too-deep]: the document is nested deeper than 24 levels
     --> spec.yaml:2:31
      |
    2 | name: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
      |                               ^
      |
    help: no spec needs more than ten

    1 error.
    ");
}

#[test]
fn alias_bomb_is_refused() {
    let spec = "
        kind: Bucket
        a: &a [x, x, x, x, x, x, x, x, x, x]
        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
        d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
        e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        f: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
    ";
    assert_snapshot!(wrong(spec), @"
    error[yaml-alias-bomb]: the aliases of this document stand for too many values
     --> spec.yaml:6:36
      |
    6 | e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
      |                                    ^
      |
    help: write the values out, or name them under `vars` of the Course

    1 error.
    ");
}

#[test]
fn file_that_is_too_large_is_refused() {
    let found = wrong(&"# much\n".repeat(200_000));
    assert_snapshot!(found, @"
    error[yaml-too-large]: the file has 1400000 bytes, and 1048576 is the limit
     --> spec.yaml:1:1
      |
    1 | # much
      | ^
      |
    help: split it into several files of the course folder

    1 error.
    ");
}

#[test]
fn file_of_other_bytes_is_no_utf_8() {
    let found = wrong(&String::from_utf8_lossy(b"kind: Bucket\nname: caf\xe9\n"));
    assert_snapshot!(found, @"
    error[not-utf-8]: the file is not written in UTF-8
     --> spec.yaml:2:10
      |
    2 | name: caf�
      |          ^ these bytes are no character
      |
    help: save it as UTF-8 in your editor

    1 error.
    ");
}

#[test]
fn byte_order_mark_is_no_mistake() {
    right("\u{feff}kind: Bucket\nname: my-files\n");
}

#[test]
fn line_ends_of_windows_are_no_mistake() {
    right("kind: Bucket\r\nname: my-files\r\n---\r\nkind: Bucket\r\nname: other-files\r\n");
}

#[test]
fn braces_in_comments_and_scripts_are_no_expressions() {
    let spec = "
        # size: {{ vars.size }}
        kind: Bucket
        name: my-files # {{ x }}
    ";
    right(spec);
}
