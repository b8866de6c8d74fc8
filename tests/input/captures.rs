//! Captured HTTP: HAR and raw messages.

use super::*;

pub fn entry(response: serde_json::Value) -> serde_json::Value {
    json!({
        "startedDateTime": "2026-08-03T11:00:00.000+02:00",
        "time": 1500.0,
        "request": {
            "method": "POST", "url": "https://osr.example.nl/api/v3/endpoints",
            "httpVersion": "HTTP/1.1",
            "headers": [{ "name": "Content-Type", "value": "application/json; charset=utf-8" }],
            "postData": { "mimeType": "application/json", "text": "{}" }
        },
        "response": response
    })
}

#[test]
fn a_har_capture_gives_both_sides_of_every_entry() {
    let page = json!({ "status": 200, "content": { "size": 6, "mimeType": "text/html", "text": "<html>" } });
    let encoded = STANDARD.encode("{\"a\":1}");
    let answer = json!({ "status": 201, "content": { "text": encoded, "encoding": "base64" } });
    let unread = json!({ "status": 200, "content": { "size": 10 } });
    let broken = json!({ "status": 200, "content": { "text": "%%", "encoding": "base64" } });
    let claimed = json!({
        "status": 200,
        "headers": [{ "name": "content-type", "value": "application/json" }],
        "content": { "text": "oeps" }
    });
    let never = json!({ "status": 0 });
    let entries: Vec<_> = [page, answer, unread, broken, claimed, never]
        .into_iter()
        .map(entry)
        .collect();
    let har = json!({ "log": { "version": "1.2", "entries": entries } }).to_string();
    let folder = folder(&[("x.har", har.as_bytes())]);
    let inputs = resolve(folder.path(), &["x.har"]).unwrap();
    let responses: Vec<String> = told(folder.path(), &inputs)
        .into_iter()
        .filter(|line| !line.contains("/request 2"))
        .collect();
    assert_eq!(
        responses,
        [
            "x.har#1/response KK-INVOER-GEEN-BERICHT",
            "x.har#2/response 7",
            "x.har#3/response KK-INVOER-NIET-VASTGELEGD",
            "x.har#4/response KK-INVOER-BASE64",
            "x.har#5/response 4",
            "x.har#6/response KK-INVOER-NIET-VASTGELEGD",
        ]
    );
    assert_eq!(inputs.len(), 12);
    let answer = inputs[3].content.as_ref().unwrap();
    let facts = answer.http.as_ref().unwrap();
    assert_eq!(
        (facts.direction(), facts.status()),
        (Direction::Response, Some(201))
    );
    assert_eq!(
        answer.received.unwrap().to_string(),
        "2026-08-03T09:00:01.5Z"
    );
    let asked = answer.answers.as_ref().unwrap();
    let facts = asked.http.as_ref().unwrap();
    assert_eq!(facts.method(), Some("POST"));
    assert_eq!(facts.url(), Some("https://osr.example.nl/api/v3/endpoints"));
    assert_eq!(facts.media_type().as_deref(), Some("application/json"));
    assert_eq!(asked.received.unwrap().to_string(), "2026-08-03T09:00:00Z");

    let nothing = judge(&[("x.har", b"{\"log\":{\"entries\":[]}}")], &["x.har"]);
    assert_eq!(nothing, ["x.har KK-INVOER-ARCHIEF-LEEG"]);
    for (text, name) in [
        ("{\"log\":{\"entries\":[{}]}}", "x.har"),
        ("{\"a\":1}", "y.har"),
        ("not JSON at all", "z.har"),
    ] {
        let lines = judge(&[(name, text.as_bytes())], &[name]);
        assert_eq!(lines, [format!("{name} KK-INVOER-HAR-KAPOT")]);
    }
}

#[test]
fn raw_http_messages_are_read_by_their_lengths() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "request",
            "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>",
            &["x.http 4"],
        ),
        (
            "line feeds only",
            "POST /a HTTP/1.1\nContent-Length: 4\n\n<a/>\n\n",
            &["x.http 4"],
        ),
        (
            "no length",
            "HTTP/2 200\r\ncontent-type: text/xml\r\n\r\n<a>\n</a>",
            &["x.http 8"],
        ),
        (
            "no body",
            "GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n",
            &["x.http 0"],
        ),
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n<a\r\n2\r\n/>\r\n0\r\n\r\n",
            &["x.http 4"],
        ),
        (
            "chunked, cut",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "chunked, broken",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<a",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "chunk of all bytes",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n<a",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "cut",
            "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "cut in the header",
            "POST /a HTTP/1.1\r\nContent-Le",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "too long",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-LENGTE"],
        ),
        (
            "two lengths",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "negative length",
            "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "packed",
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n\x1f",
            &["x.http KK-INVOER-CODERING"],
        ),
        (
            "page",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
            &["x.http KK-INVOER-GEEN-BERICHT"],
        ),
        (
            "requests only, then an answer to one of them",
            "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}",
            &[
                "x.http#1/request 0",
                "x.http#2/request 0",
                "x.http#3/response 2",
            ],
        ),
        (
            "a second one that breaks off",
            "GET /a HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            &[
                "x.http#1/request 0",
                "x.http#1/response KK-INVOER-HTTP-AFGEBROKEN",
            ],
        ),
        (
            "a conversation",
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}\r\nPOST /b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n<a/>HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 X\r\n\r\n<a/>",
            &[
                "x.http#1/request 0",
                "x.http#1/response 2",
                "x.http#2/request 4",
                "x.http#2/response 0",
                "x.http#2/response 4",
            ],
        ),
    ];
    for (what, text, expected) in table {
        let lines = judge(&[("x.http", text.as_bytes())], &["x.http"]);
        assert_eq!(&lines, expected, "{what}");
    }
}

#[test]
fn the_shipped_captures_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wire");
    let inputs = resolve(&root, &["."]).unwrap();
    let read: Vec<&Exchange> = inputs
        .iter()
        .filter_map(|i| i.content.as_ref().ok())
        .collect();
    assert_eq!(read.len(), 14, "{:?}", told(&root, &inputs));
    let bodyless = read.iter().filter(|exchange| exchange.body.is_empty());
    assert!(
        bodyless
            .clone()
            .all(|exchange| exchange.http.as_ref().unwrap().method() == Some("GET"))
    );
    assert_eq!(bodyless.count(), 3);
    let others = inputs
        .iter()
        .filter_map(|input| input.content.as_ref().err());
    assert!(
        others
            .clone()
            .all(|error| error.verdict() == Verdict::NotApplicable)
    );
    assert_eq!(others.count() + read.len(), inputs.len());
}
