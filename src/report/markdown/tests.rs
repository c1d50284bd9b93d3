//! Plans and outcomes as whole texts: what stands where, what gives way, and that everything fits.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::plan::{Action, Change, Finding, Plan, Weight};
use crate::report::json::{OutcomeOutput, StepOutput, StepState};
use crate::spec::Address;

fn change(action: Action, name: &str, reason: &str, after: Value) -> Change {
    let goes = matches!(action, Action::Delete | Action::Release);
    Change {
        address: Address::new("Vm", name),
        project: None,
        action,
        reason: reason.to_owned(),
        fields: Vec::new(),
        places: Vec::new(),
        before: if goes { json!({"name": name}) } else { Value::Null },
        after: if goes { Value::Null } else { after },
        hidden: &[],
        resource: String::new(),
        address_of: None,
        ends: None,
        status: None,
    }
}

fn finding(severity: Weight, message: &str) -> Finding {
    let address = Some(Address::new("Vm", "a"));
    Finding {
        severity,
        code: "some-rule",
        address,
        message: message.to_owned(),
        help: Some("do `this`".to_owned()),
    }
}

fn plan(changes: Vec<Change>, report: Vec<Finding>) -> Plan {
    Plan {
        course: "be-cloud".to_owned(),
        project: "my-project".to_owned(),
        changes,
        steps: Vec::new(),
        records: Vec::new(),
        report,
        overrides: Vec::new(),
    }
}

const PAPER: Paper<'static> = Paper { environment: Some("dev"), room: COMMENT };

#[test]
fn what_is_lost_stands_open_before_everything_that_is_folded() {
    let changes = vec![
        change(Action::Create, "a", "it is declared", json!({"name": "a"})),
        change(Action::Delete, "b", "no longer declared", Value::Null),
        change(Action::Replace, "c", "`zone` cannot change", json!({"name": "c"})),
        change(Action::None, "d", "", json!({"name": "d"})),
    ];
    let report = vec![finding(Weight::Warning, "odd"), finding(Weight::Note, "by the way, @bob")];
    let text = PAPER.plan(&plan(changes, report)).replace('\u{200b}', "·");
    assert_snapshot!(text, @r"
    <!-- provost: be-cloud/dev -->
    ### Plan for `be-cloud` (`dev`) in `my-project`

    **Plan: 1 to create, 1 to replace, 1 to delete**, 1 unchanged.

    #### Destroyed or replaced

    - **delete** `Vm/b`: no longer declared
    - **replace** `Vm/c`: `zone` cannot change

    #### Warnings

    - **some-rule** `Vm/a`: odd
      - help: do `this`

    #### Changes

    <details><summary><code>+</code> create <code>Vm/a</code>: it is declared</summary>

    ```diff
    + name: a
    ```

    </details>

    <details><summary><code>±</code> replace <code>Vm/c</code>: <code>zone</code> cannot change</summary>

    ```diff
    + name: c
    ```

    </details>


    #### Notes

    - **some-rule** `Vm/a`: by the way, @·bob
      - help: do `this`
    ");
}

#[test]
fn what_forbids_a_plan_comes_first_and_a_plan_of_nothing_says_so() {
    let refused = plan(Vec::new(), vec![finding(Weight::Refusal, "too many")]);
    let text = PAPER.plan(&refused);
    assert!(text.contains("**Nothing can be done**, 0 unchanged.\n\n#### Refused"), "{text}");
    let nothing = PAPER.plan(&plan(vec![change(Action::None, "a", "", json!({}))], Vec::new()));
    assert!(
        nothing.ends_with("**Nothing to do:** the project holds what the specs say (1 unchanged).\n\n"),
        "{nothing}"
    );
}

#[test]
fn an_outcome_says_what_failed_what_waited_for_it_and_what_to_do() {
    let step = |step: &str, state, why: Option<&str>| StepOutput {
        step: Some(step.to_owned()),
        state,
        why: why.map(str::to_owned),
        advice: None,
    };
    let steps = vec![
        step("create Vm/a", StepState::Done, None),
        step("create Vm/b", StepState::Failed, Some("no room <here>")),
        step("start Vm/b", StepState::HeldBack, Some("create Vm/b")),
    ];
    let outcome = OutcomeOutput { complete: false, steps, elsewhere: Vec::new(), inventory: None };
    let changes = vec![change(Action::Create, "a", "it is declared", json!({"name": "a"}))];
    let text = PAPER.outcome(&plan(changes, Vec::new()), &outcome, &[]);
    let (told, _) = text.split_once("#### Changes").unwrap();
    assert_snapshot!(told, @r"
    <!-- provost: be-cloud/dev -->
    ### Outcome for `be-cloud` (`dev`) in `my-project`

    **1 of 3 steps done, 1 failed, 1 held back.**

    **Plan: 1 to create**, 0 unchanged.

    #### Not done

    - **failed** create Vm/b: no room \<here\>
    - **held back** start Vm/b, because this failed: create Vm/b
    ");
}

#[test]
fn two_thousand_resources_fit_into_a_comment() {
    let long = json!({"name": "x", "metadata": {"startup-script": "echo\n".repeat(200)}});
    let of = |i: usize| match i % 4 {
        0 => change(Action::Delete, &format!("student-{i}"), "no longer declared", Value::Null),
        1 => change(Action::Replace, &format!("student-{i}"), "another zone", long.clone()),
        _ => change(Action::Create, &format!("student-{i}"), "it is declared", long.clone()),
    };
    let text = PAPER.plan(&plan((0..2_000).map(of).collect(), vec![finding(Weight::Refusal, "too many")]));
    assert!(text.len() <= COMMENT, "{}", text.len());
    assert!(text.contains("**Plan: 1000 to create, 500 to replace, 500 to delete**"), "{text}");
    assert!(text.contains("> **Cut to fit:**") && text.contains("too many"), "{text}");
    for i in (0..2_000).filter(|i| i % 4 == 0) {
        assert!(text.contains(&format!("- **delete** `Vm/student-{i}`: ")), "{i}");
    }
}

#[test]
fn a_list_of_what_is_lost_that_is_too_long_itself_is_counted() {
    let of = |i: usize| change(Action::Delete, &format!("student-{i}"), "no longer declared", Value::Null);
    let text = PAPER.plan(&plan((0..4_000).map(of).collect(), Vec::new()));
    assert!(text.len() <= COMMENT, "{}", text.len());
    assert!(text.contains("**Plan: 4000 to delete**") && text.contains(" to delete\n"), "{text}");
}

#[test]
fn a_fold_ends_where_it_should_whatever_is_in_its_diff() {
    let nasty = json!({"name": "```\n</details>\n<!-- provost: other -->", "x": "````"});
    let text = PAPER
        .plan(&plan(vec![change(Action::Create, "</summary>@bob", "<b>\n</details>", nasty)], Vec::new()));
    let (_, fold) = text.split_once("<details>").unwrap();
    let (head, body) = fold.split_once("</summary>\n\n").unwrap();
    assert!(!head.contains("<b>") && !head.contains("</details>") && !head.contains("@bob"), "{head}");
    let (fence, _) = body.split_once("diff\n").unwrap();
    assert!(fence.len() > 4, "{body}");
    assert!(body.trim_end().ends_with(&format!("\n{fence}\n\n</details>")), "{body}");
    assert_eq!(body.matches(&format!("{fence}\n")).count(), 1, "{body}");
}

fn any_change() -> impl Strategy<Value = Change> {
    let action = prop::sample::select(Action::ALL.to_vec());
    let text = "[a-z`@#<&é\n]{0,12}".prop_flat_map(|text| (0..200_usize).prop_map(move |n| text.repeat(n)));
    (action, "[a-z]{1,20}", text.clone(), text).prop_map(|(action, name, reason, script)| {
        change(action, &name, &reason, json!({"name": name, "x": script}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_fits_and_names_every_count(
        changes in prop::collection::vec(any_change(), 0..60),
        messages in prop::collection::vec("[a-z`@ ]{0,300}", 0..20),
        room in 4_000..COMMENT,
    ) {
        let weights = [Weight::Refusal, Weight::Warning, Weight::Note];
        let report = messages.iter().zip(weights.into_iter().cycle());
        let report = report.map(|(message, weight)| finding(weight, message)).collect();
        let plan = plan(changes, report);
        let text = Paper { environment: None, room }.plan(&plan);
        prop_assert!(text.len() <= room, "{} > {room}", text.len());
        for action in Action::ALL.into_iter().filter(|action| plan.count(*action) > 0) {
            let count = format!("{} {}", plan.count(action), about::counted(action));
            prop_assert!(text.contains(&count), "{count}: {text}");
        }
    }
}
