//! WB002: the timestamp of a message.

use jiff::{SignedDuration, Timestamp};

use super::names::WSU;
use super::said::Said;
use super::security::{Security, children};
use crate::clock::to_the_second;
use crate::document::{Document, NodeId};
use crate::finding::Args;

const TIMESTAMP: &str = "KK-EK-WB002-TIMESTAMP";
const CREATED: &str = "KK-EK-WB002-CREATED";
const UTC: &str = "KK-EK-WB002-UTC";
const EXPIRED: &str = "KK-EK-WB002-VERLOPEN";
const FUTURE: &str = "KK-EK-WB002-TOEKOMST";
const ORDER: &str = "KK-EK-WB002-VOLGORDE";

/// Judges the timestamp of a security header at the moment `now`. Clocks may
/// differ by `skew`.
pub(super) fn judge(
    document: &Document,
    security: Security<'_>,
    now: Timestamp,
    skew: SignedDuration,
    said: &mut Said<'_>,
) {
    said.judging(&[TIMESTAMP]);
    let timestamps: Vec<NodeId> = security.timestamps().collect();
    let &[timestamp] = timestamps.as_slice() else {
        let at = timestamps.get(1).copied().unwrap_or(security.node);
        said.broken(TIMESTAMP, at, Args::new().with("count", timestamps.len()));
        return;
    };
    said.judging(&[CREATED, UTC, EXPIRED, FUTURE, ORDER]);
    let created: Vec<NodeId> = children(document, timestamp, WSU, "Created").collect();
    let created = match created.as_slice() {
        &[created] => moment(document, created, "wsu:Created", said),
        _ => {
            let at = created.get(1).copied().unwrap_or(timestamp);
            said.broken(CREATED, at, Args::new().with("count", created.len()));
            None
        }
    };
    // The earliest end counts when there is more than one.
    let expires = children(document, timestamp, WSU, "Expires")
        .filter_map(|node| moment(document, node, "wsu:Expires", said))
        .min_by_key(|&(_, at)| at);
    let args = |at: Timestamp| {
        Args::new()
            .with("moment", to_the_second(at))
            .with("now", to_the_second(now))
            .with("skew", skew.as_secs().unsigned_abs())
    };
    if let Some((node, at)) = created
        && at > now.saturating_add(skew).unwrap_or(now)
    {
        said.broken_by_value(FUTURE, node, args(at));
    }
    if let Some((node, at)) = expires {
        if created.is_some_and(|(_, created)| at <= created) {
            said.broken_by_value(ORDER, node, Args::new());
        } else if at < now.saturating_sub(skew).unwrap_or(now) {
            said.broken_by_value(EXPIRED, node, args(at));
        }
    }
}

/// The moment that an element holds; a finding when it is none in UTC.
fn moment(
    document: &Document,
    node: NodeId,
    element: &'static str,
    said: &mut Said<'_>,
) -> Option<(NodeId, Timestamp)> {
    let moment = utc(document.value(node).trim());
    if moment.is_none() {
        said.broken_by_value(UTC, node, Args::new().with("element", element));
    }
    moment.map(|moment| (node, moment))
}

/// An `xs:dateTime` in UTC written with `Z`: `2026-11-23T18:30:00.123Z`.
fn utc(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = match text.strip_suffix('Z')?.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (text.strip_suffix('Z')?, None),
    };
    let shape = seconds.len() == 19
        && seconds.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    let digits =
        |fraction: &str| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !shape || !fraction.is_none_or(digits) {
        return None;
    }
    // Nothing here needs more than whole seconds, and a fraction may have more
    // digits than the calendar library takes.
    format!("{seconds}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_date_time_in_utc_is_a_moment() {
        for right in [
            "2022-11-21T16:16:58Z",
            "2022-11-21T16:16:58.1Z",
            "2024-02-29T00:00:00.123456789012Z",
        ] {
            assert!(utc(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "Z",
            "2022-11-21T16:16:58",
            "2022-11-21T16:16:58+00:00",
            "2022-11-21T16:16:58z",
            "2022-11-21 16:16:58Z",
            "2022-11-21Z",
            "2022-11-21T16:16:58.Z",
            "2022-11-21T16:16:58.1.2Z",
            "2022-11-31T16:16:58Z",
            "2022-11-21T16:16:58[UTC]Z",
            "٢022-11-21T16:16:58Z",
        ] {
            assert_eq!(utc(wrong), None, "{wrong}");
        }
    }
}
