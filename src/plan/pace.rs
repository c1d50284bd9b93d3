//! How long Google's rate limits stretch a plan, where they do so noticeably. Pure: what is said, not what is waited.

use std::time::Duration;

use super::{Finding, Step, Weight};
use crate::gcp::{Call, Request, limit};

/// Below this nobody wants to hear of it.
const NOTICEABLE: Duration = Duration::from_secs(20);

/// What to say of a plan whose time the rate limits decide.
pub fn stretched(steps: &[Step]) -> Option<Finding> {
    let requests = steps.iter().flat_map(|step| &step.calls).flat_map(writes);
    let turn = limit::stretch(requests).filter(|turn| turn.wait >= NOTICEABLE)?;
    Some(Finding {
        severity: Weight::Note,
        code: "rate-limit",
        address: None,
        message: format!("{} stretches this to {} at the least", turn.on, told(turn.wait)),
        help: None,
    })
}

fn writes(call: &Call) -> Vec<&Request> {
    match call {
        Call::Send(send) => vec![&send.request],
        Call::Each(sends) => sends.iter().map(|send| &send.request).collect(),
        Call::Edit(edit) => vec![&edit.write],
        Call::FirstOf(first) => first.choices.iter().take(1).map(|choice| &choice.send.request).collect(),
        Call::Guard(_) => Vec::new(),
    }
}

fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gcp::{Send, Service, Verb};

    fn buckets(count: usize) -> Vec<Step> {
        let create = Request::new(Verb::Post, Service::Storage, "b");
        let step = |id| Step {
            id,
            doing: "create".to_owned(),
            addresses: Vec::new(),
            calls: vec![Call::Send(Send::answered(create.clone()))],
            after: Vec::new(),
            records: Vec::new(),
            intent: false,
            learns: Vec::new(),
        };
        (0..count).map(step).collect()
    }

    #[test]
    fn a_plan_whose_time_the_rate_limits_decide_says_so() {
        let finding = stretched(&buckets(60)).map(|finding| finding.message);
        let wanted =
            "Google's limit on creations and deletions of buckets stretches this to 2 minutes at the least";
        assert_eq!(finding.as_deref(), Some(wanted));
        assert_eq!(stretched(&buckets(5)), None);
    }
}
