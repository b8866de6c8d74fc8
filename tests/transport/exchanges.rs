//! Exchanges that go well: what both sides know of them afterwards.

use std::sync::Arc;

use ketenkeur::transport::{
    Client, ClientOptions, ClientTrust, Response, ServerOptions, TlsVersions,
};

use crate::support::{
    Always, DUO, call, clock, duo, get, identity, now, post, serve, supplier, trust,
};

#[test]
fn both_sides_know_the_same_connection() {
    for (versions, version) in [
        (TlsVersions::Only12, "TLSv1.2"),
        (TlsVersions::Only13, "TLSv1.3"),
        (TlsVersions::Both, "TLSv1.3"),
    ] {
        let handler = Always::ok();
        let server = serve(ServerOptions { versions, ..duo() }, &handler);
        let client = Client::new(supplier()).unwrap();
        let sent = post(server.url(DUO, "/bron?x=1"), b"<bericht/>");
        let answer = client.send(&sent).unwrap();

        assert_eq!(&*answer.body, b"goed");
        assert_eq!(answer.received, Some(now()));
        let http = answer.http.unwrap();
        assert_eq!(http.status(), Some(200));
        assert_eq!(http.header("content-type"), Some("text/plain"));
        let asked = answer.answers.unwrap();
        assert_eq!(&*asked.body, b"<bericht/>");
        let asked = asked.http.clone().unwrap();
        assert_eq!(asked.url(), Some(sent.url.as_str()));
        assert_eq!(asked.header("content-length"), Some("10"));

        let received = handler.requests.lock().unwrap().pop().unwrap();
        assert_eq!(&*received.body, b"<bericht/>");
        let http = received.http.clone().unwrap();
        assert_eq!(
            (http.method(), http.url()),
            (Some("POST"), Some("/bron?x=1"))
        );
        let host = format!("{DUO}:{}", server.address().port());
        assert_eq!(http.header("host"), Some(host.as_str()));

        let (ours, theirs) = (answer.tls.unwrap(), received.tls.clone().unwrap());
        assert_eq!((&*ours.version, &*theirs.version), (version, version));
        assert_eq!(ours.suite, theirs.suite);
        assert!(ours.suite.starts_with("TLS_"), "{}", ours.suite);
        assert_eq!(ours.server_name.as_deref(), Some(DUO));
        assert_eq!(theirs.server_name.as_deref(), Some(DUO));
        assert_eq!(
            (ours.port, theirs.port),
            (server.address().port(), ours.port)
        );
        // A certificate of its own and the one between it and the root.
        assert_eq!((ours.peer.len(), theirs.peer.len()), (2, 2));
        assert_eq!(ours.own.as_ref(), Some(&theirs.peer[0]));
        assert_eq!(theirs.own.as_ref(), Some(&ours.peer[0]));
    }
}

#[test]
fn a_client_shows_its_certificate_only_when_it_is_asked() {
    let handler = Always::ok();
    let options = ServerOptions::new(clock()).with_tls(identity("osr"), ClientTrust::None);
    let server = serve(options, &handler);
    let answer = call(supplier(), &server, "osr.ketenkeur.invalid").unwrap();
    assert_eq!(answer.tls.unwrap().own, None);
    let received = handler.requests.lock().unwrap().pop().unwrap();
    assert!(received.tls.clone().unwrap().peer.is_empty());
}

#[test]
fn a_certificate_may_be_left_out_where_it_is_optional() {
    for clients in [ClientTrust::Optional(trust()), ClientTrust::Unchecked] {
        let handler = Always::ok();
        let options = ServerOptions::new(clock()).with_tls(identity("duo"), clients);
        let server = serve(options, &handler);
        let bare = ClientOptions::new(trust(), clock());
        assert!(call(bare, &server, DUO).is_ok());
        assert!(call(supplier(), &server, DUO).is_ok());
        let shown: Vec<usize> = handler
            .requests
            .lock()
            .unwrap()
            .iter()
            .map(|request| request.tls.as_ref().unwrap().peer.len())
            .collect();
        assert_eq!(shown, [0, 2]);
    }
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let handler = Always::ok();
    let server = serve(duo(), &handler);
    let client = Client::new(supplier()).unwrap();
    for _ in 0..3 {
        client.send(&get(server.url(DUO, "/"))).unwrap();
    }
    let requests = handler.requests.lock().unwrap();
    let facts: Vec<_> = requests.iter().map(|r| r.tls.clone().unwrap()).collect();
    assert!(Arc::ptr_eq(&facts[0], &facts[1]) && Arc::ptr_eq(&facts[1], &facts[2]));
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced() {
    let client = Client::new(supplier()).unwrap();
    let first = serve(duo(), &Always::ok());
    let listen = first.address();
    client.send(&get(first.url(DUO, "/"))).unwrap();
    drop(first);
    let handler = Always::ok();
    let second = serve(ServerOptions { listen, ..duo() }, &handler);
    client.send(&get(second.url(DUO, "/"))).unwrap();
    assert_eq!(handler.requests.lock().unwrap().len(), 1);
}

#[test]
fn plain_http_serves_loopback() {
    let handler = Always::new(Response::empty(204));
    let server = serve(ServerOptions::new(clock()), &handler);
    let client = Client::new(ClientOptions::new(trust(), clock())).unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let answer = client.send(&get(server.url(host, "/pagina"))).unwrap();
        assert_eq!(answer.http.unwrap().status(), Some(204));
        assert_eq!(answer.tls, None);
    }
}
