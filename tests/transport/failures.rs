//! Every way in which an exchange fails, as each side is told of it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::transport::TransportProblem as Problem;
use ketenkeur::transport::{
    Answer, Client, ClientOptions, ClientTrust, Response, ServerLimits, ServerOptions, Timeouts,
    TlsVersions,
};

use crate::support::{Always, DUO, call, clock, duo, get, identity, post, serve, supplier};

const VERSIONS: [TlsVersions; 2] = [TlsVersions::Only12, TlsVersions::Only13];

#[test]
fn a_server_refuses_the_certificates_of_clients() {
    // The certificate, what the client is told and what the server knows.
    let table = [
        (
            None,
            Problem::CertificateRequired,
            Problem::CertificateRequired,
        ),
        (
            Some("fout-andere-root"),
            Problem::CertificateRefused,
            Problem::UnknownIssuer,
        ),
        (
            Some("fout-verlopen"),
            Problem::CertificateRefused,
            Problem::Expired,
        ),
        (
            Some("fout-nog-niet-geldig"),
            Problem::CertificateRefused,
            Problem::NotYetValid,
        ),
        (
            Some("fout-ingetrokken"),
            Problem::CertificateRefused,
            Problem::Revoked,
        ),
        (
            Some("fout-zonder-clientauth"),
            Problem::CertificateRefused,
            Problem::BadCertificate,
        ),
    ];
    for versions in VERSIONS {
        for (name, told, known) in table {
            let handler = Always::ok();
            let server = serve(ServerOptions { versions, ..duo() }, &handler);
            let client = ClientOptions {
                identity: name.map(identity),
                ..supplier()
            };
            let problem = call(client, &server, DUO).unwrap_err();
            // It may be told later than the client knows; not after this.
            server.settle();
            assert_eq!(problem, told, "{name:?} {versions:?}");
            assert_eq!(handler.problems(), [known], "{name:?} {versions:?}");
            let refusals = handler.refusals.lock().unwrap();
            let shown = refusals[0].certificates.first();
            let expected = name.map(|name| identity(name).chain().next().unwrap().to_vec());
            assert_eq!(shown.map(|der| der.to_vec()), expected, "{name:?}");
            assert_eq!(refusals[0].server_name.as_deref(), Some(DUO));
            assert!(handler.requests.lock().unwrap().is_empty());
        }
    }
}

#[test]
fn a_large_request_does_not_hide_why_the_certificate_was_refused() {
    for versions in VERSIONS {
        let server = serve(ServerOptions { versions, ..duo() }, &Always::ok());
        let options = ClientOptions {
            identity: Some(identity("fout-verlopen")),
            ..supplier()
        };
        let client = Client::new(options).unwrap();
        let sent = client.send(&post(server.url(DUO, "/"), &vec![b'x'; 8 << 20]));
        assert_eq!(
            sent.unwrap_err().problem,
            Problem::CertificateRefused,
            "{versions:?}"
        );
    }
}

#[test]
fn a_client_refuses_the_certificates_of_servers() {
    let table = [
        ("duo", "leverancier", Problem::WrongName),
        (
            "fout-andere-root",
            "fout-andere-root",
            Problem::UnknownIssuer,
        ),
        ("fout-verlopen", "fout-verlopen", Problem::Expired),
        (
            "fout-nog-niet-geldig",
            "fout-nog-niet-geldig",
            Problem::NotYetValid,
        ),
        ("fout-ingetrokken", "fout-ingetrokken", Problem::Revoked),
        ("fout-doel", "fout-doel", Problem::BadCertificate),
    ];
    for versions in VERSIONS {
        for (name, host, told) in table {
            let handler = Always::ok();
            let options = ServerOptions {
                versions,
                identity: Some(identity(name)),
                ..duo()
            };
            let server = serve(options, &handler);
            let host = format!("{host}.ketenkeur.invalid");
            let problem = call(supplier(), &server, &host).unwrap_err();
            drop(server);
            assert_eq!(problem, told, "{name} {versions:?}");
            assert_eq!(
                handler.problems(),
                [Problem::CertificateRefused],
                "{name} {versions:?}"
            );
        }
    }
}

#[test]
fn without_roots_nobody_is_trusted() {
    let nobody = || Arc::new(Trust::new(TrustStore::empty(), Revocation::none()));
    let server = serve(duo(), &Always::ok());
    let client = ClientOptions {
        identity: Some(identity("leverancier")),
        ..ClientOptions::new(nobody(), clock())
    };
    assert_eq!(
        call(client, &server, DUO).unwrap_err(),
        Problem::UnknownIssuer
    );
    let options = ServerOptions {
        clients: ClientTrust::Required(nobody()),
        ..duo()
    };
    let server = serve(options, &Always::ok());
    let problem = call(supplier(), &server, DUO).unwrap_err();
    assert_eq!(problem, Problem::CertificateRefused);
}

#[test]
fn there_is_a_version_in_common_or_none() {
    for (client, server) in [
        (TlsVersions::Only12, TlsVersions::Only13),
        (TlsVersions::Only13, TlsVersions::Only12),
    ] {
        let handler = Always::ok();
        let options = ServerOptions {
            versions: server,
            ..duo()
        };
        let server = serve(options, &handler);
        let options = ClientOptions {
            versions: client,
            ..supplier()
        };
        let problem = call(options, &server, DUO).unwrap_err();
        drop(server);
        assert_eq!(problem, Problem::NothingInCommon);
        assert_eq!(handler.problems(), [Problem::NothingInCommon]);
    }
}

#[test]
fn tls_and_plain_http_do_not_mix() {
    let plain = serve(ServerOptions::new(clock()), &Always::ok());
    let client = Client::new(supplier()).unwrap();
    let url = format!("https://{DUO}:{}/", plain.address().port());
    assert_eq!(client.send(&get(url)).unwrap_err().problem, Problem::NoTls);

    let handler = Always::ok();
    let secure = serve(duo(), &handler);
    let url = format!("http://{DUO}:{}/", secure.address().port());
    let problem = client.send(&get(url)).unwrap_err().problem;
    drop(secure);
    // The alert of TLS is no HTTP; a connection that ends first is broken.
    assert!(
        matches!(problem, Problem::NoHttp | Problem::Broken),
        "{problem:?}"
    );
    assert_eq!(handler.problems(), [Problem::NoTls]);
}

#[test]
fn what_is_not_there_is_unreachable() {
    let client = Client::new(supplier()).unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("https://{DUO}:{port}/");
    assert_eq!(
        client.send(&get(url)).unwrap_err().problem,
        Problem::Unreachable
    );
    let error = client
        .send(&get("https://bestaat-niet.invalid/"))
        .unwrap_err();
    assert_eq!(error.problem, Problem::UnknownHost);
    assert_eq!(error.host, "bestaat-niet.invalid:443");
}

#[test]
fn what_cannot_be_sent_is_not_sent() {
    let client = Client::new(supplier()).unwrap();
    for url in [
        "",
        "/pad",
        "ftp://a.nl",
        "http://duo.nl/",
        "https://u:p@duo.nl/",
    ] {
        assert_eq!(
            client.send(&get(url)).unwrap_err().problem,
            Problem::Url,
            "{url}"
        );
    }
    for (name, value) in [("bad name", "x"), ("", "x"), ("naam", "een\r\ntwee")] {
        let mut request = get("https://duo.ketenkeur.invalid/");
        request.headers.push((name.to_string(), value.to_string()));
        assert_eq!(
            client.send(&request).unwrap_err().problem,
            Problem::Request,
            "{name:?}"
        );
    }
    let mut request = get("https://duo.ketenkeur.invalid/");
    request.method = "GE T".to_string();
    assert_eq!(client.send(&request).unwrap_err().problem, Problem::Request);
}

#[test]
fn a_server_misbehaves_as_it_is_told() {
    let response = || Response::new(200, "text/xml", vec![b'x'; 100_000]);
    let raw = |bytes: &'static [u8]| Answer::Raw(Arc::from(bytes));
    let table = [
        ("silent", Answer::Silent, Problem::Broken),
        (
            "half a body",
            Answer::Broken(response(), 50_000),
            Problem::Broken,
        ),
        ("no body", Answer::Broken(response(), 0), Problem::Broken),
        (
            "garbage",
            raw(b"\x00\x01\x02 dit is geen HTTP\r\n\r\n"),
            Problem::NoHttp,
        ),
        (
            "text",
            raw(b"storing, bel de beheerder\r\n\r\n"),
            Problem::NoHttp,
        ),
        (
            "half a head",
            raw(b"HTTP/1.1 200 OK\r\nContent-"),
            Problem::Broken,
        ),
        (
            "a bad chunk",
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            Problem::Broken,
        ),
        ("nothing", raw(b""), Problem::Broken),
    ];
    for (what, answer, told) in table {
        for (options, host) in [(duo(), DUO), (ServerOptions::new(clock()), "127.0.0.1")] {
            let server = serve(options, &Always::new(answer.clone()));
            let problem = call(supplier(), &server, host).unwrap_err();
            assert_eq!(problem, told, "{what} {host}");
        }
    }
}

#[test]
fn a_head_without_end_is_too_large() {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..10_000 {
        head.extend_from_slice(format!("x-{number}: {}\r\n", "y".repeat(50)).as_bytes());
    }
    let server = serve(duo(), &Always::new(Answer::Raw(head.into())));
    let problem = call(supplier(), &server, DUO).unwrap_err();
    assert_eq!(problem, Problem::TooLarge);
}

#[test]
fn a_body_is_bounded_whether_it_says_so_or_not() {
    let announced = Answer::Response(Response::new(200, "text/xml", vec![b'x'; 2000]));
    let mut endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100 {
        endless.extend_from_slice(b"64\r\n");
        endless.extend_from_slice(&[b'x'; 100]);
        endless.extend_from_slice(b"\r\n");
    }
    for answer in [announced, Answer::Raw(endless.into())] {
        let server = serve(duo(), &Always::new(answer));
        let options = ClientOptions {
            max_body: 1000,
            ..supplier()
        };
        assert_eq!(call(options, &server, DUO).unwrap_err(), Problem::TooLarge);
    }
}

#[test]
fn an_answer_that_does_not_come_or_does_not_end_is_late() {
    let late = Answer::Delayed(
        Duration::from_secs(600),
        Box::new(Response::empty(200).into()),
    );
    let table = [
        Timeouts {
            read: Duration::from_millis(50),
            ..Timeouts::default()
        },
        Timeouts {
            total: Duration::from_millis(50),
            ..Timeouts::default()
        },
    ];
    for timeouts in table {
        let server = serve(duo(), &Always::new(late.clone()));
        let options = ClientOptions {
            timeouts,
            ..supplier()
        };
        let problem = call(options, &server, DUO).unwrap_err();
        assert_eq!(problem, Problem::TimedOut);
        // Not waited for: the answer is ten minutes away.
        std::mem::forget(server);
    }
}

/// A listener that takes one connection and does with it as it is told.
fn listener(
    act: impl FnOnce(&mut std::net::TcpStream) + Send + 'static,
) -> (u16, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        act(&mut stream);
    });
    (port, thread)
}

#[test]
fn an_answer_that_drips_is_late_in_the_end() {
    let (port, thread) = listener(|stream| {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            .unwrap();
        // As fast as the other side reads, until it has had enough.
        while stream.write_all(b"1\r\nx\r\n").is_ok() {
            std::thread::yield_now();
        }
    });
    let options = ClientOptions {
        timeouts: Timeouts {
            total: Duration::from_millis(300),
            ..Timeouts::default()
        },
        max_body: usize::MAX,
        ..supplier()
    };
    let client = Client::new(options).unwrap();
    let sent = client.send(&get(format!("http://127.0.0.1:{port}/")));
    assert_eq!(sent.unwrap_err().problem, Problem::TimedOut);
    drop(client);
    thread.join().unwrap();
}

#[test]
fn a_handshake_that_does_not_go_on_is_late() {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let (port, thread) = listener(move |_| {
        // Until the client has given up.
        let _ = told.recv();
    });
    let options = ClientOptions {
        timeouts: Timeouts {
            connect: Duration::from_millis(50),
            ..Timeouts::default()
        },
        ..supplier()
    };
    let client = Client::new(options).unwrap();
    let sent = client.send(&get(format!("https://{DUO}:{port}/")));
    assert_eq!(sent.unwrap_err().problem, Problem::TimedOut);
    drop(tell);
    thread.join().unwrap();

    // And seen from a server.
    let handler = Always::ok();
    let limits = ServerLimits {
        read: Duration::from_millis(50),
        ..ServerLimits::default()
    };
    let server = serve(ServerOptions { limits, ..duo() }, &handler);
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    let mut byte = [0];
    assert_eq!(stream.read(&mut byte).unwrap(), 0);
    drop(server);
    assert_eq!(handler.problems(), [Problem::TimedOut]);
}

#[test]
fn a_redirect_is_an_answer() {
    let mut response = Response::empty(302);
    let elsewhere = "https://elders.invalid/".to_string();
    response.headers.push(("Location".to_string(), elsewhere));
    let handler = Always::new(response);
    let server = serve(duo(), &handler);
    let answer = call(supplier(), &server, DUO).unwrap();
    let http = answer.http.unwrap();
    assert_eq!(http.status(), Some(302));
    assert_eq!(http.header("location"), Some("https://elders.invalid/"));
    assert_eq!(handler.requests.lock().unwrap().len(), 1);
}

#[test]
fn bytes_in_another_encoding_arrive_as_they_are() {
    let utf16: Vec<u8> = "<x/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let server = serve(
        duo(),
        &Always::new(Response::new(200, "text/xml", utf16.clone())),
    );
    let answer = call(supplier(), &server, DUO).unwrap();
    assert_eq!(&*answer.body, utf16);
}

#[test]
fn a_server_bounds_what_clients_send() {
    let limits = ServerLimits {
        body: 1000,
        head: 8192,
        ..ServerLimits::default()
    };
    let handler = Always::ok();
    let server = serve(ServerOptions { limits, ..duo() }, &handler);
    let client = Client::new(supplier()).unwrap();
    let answer = client
        .send(&post(server.url(DUO, "/"), &[b'x'; 1001]))
        .unwrap();
    assert_eq!(answer.http.unwrap().status(), Some(413));
    let mut request = get(server.url(DUO, "/"));
    request
        .headers
        .push(("x-lang".to_string(), "y".repeat(20_000)));
    let answer = client.send(&request).unwrap();
    assert_eq!(answer.http.unwrap().status(), Some(431));
    assert!(handler.requests.lock().unwrap().is_empty());
}

/// Answers CONNECT, and remembers what was asked.
fn proxy(answer: &'static [u8], towards: Option<u16>) -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
            head.push(byte[0]);
        }
        client.write_all(answer).unwrap();
        if let Some(towards) = towards {
            let mut server = std::net::TcpStream::connect(("127.0.0.1", towards)).unwrap();
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let back = std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
            let _ = std::io::copy(&mut client, &mut server);
            let _ = server.shutdown(std::net::Shutdown::Both);
            back.join().unwrap();
        }
        String::from_utf8(head).unwrap()
    });
    (port, thread)
}

/// A host that is called through the proxy: its name is not loopback's.
fn through(port: u16) -> ClientOptions {
    let proxy = ketenkeur::transport::Proxy::parse(&format!("http://jan:geheim@127.0.0.1:{port}"));
    ClientOptions {
        proxy: Some(proxy.unwrap()),
        ..supplier()
    }
}

#[test]
fn a_proxy_makes_a_tunnel_or_refuses() {
    let handler = Always::ok();
    let server = serve(duo(), &handler);
    let (port, thread) = proxy(
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        Some(server.address().port()),
    );
    // The server's certificate is not for this name: that it is asked for it
    // shows that the tunnel stands.
    let client = Client::new(through(port)).unwrap();
    let problem = client
        .send(&get("https://duo.example/x"))
        .unwrap_err()
        .problem;
    assert_eq!(problem, Problem::WrongName);
    drop(client);
    let head = thread.join().unwrap();
    assert!(
        head.starts_with("CONNECT duo.example:443 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("Proxy-Authorization: Basic amFuOmdlaGVpbQ==\r\n"),
        "{head}"
    );

    for answer in [
        &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"",
    ] {
        let (port, thread) = proxy(answer, None);
        let client = Client::new(through(port)).unwrap();
        let problem = client
            .send(&get("https://duo.example/x"))
            .unwrap_err()
            .problem;
        assert_eq!(problem, Problem::Proxy);
        thread.join().unwrap();
    }
}

#[test]
fn loopback_is_called_without_the_proxy() {
    let server = serve(duo(), &Always::ok());
    // Nobody listens at port 1.
    let mut options = through(1);
    assert!(call(options.clone(), &server, DUO).is_ok());
    let client = Client::new(options.clone()).unwrap();
    let problem = client
        .send(&get("https://duo.example/"))
        .unwrap_err()
        .problem;
    assert_eq!(problem, Problem::Proxy);
    // A name that the options place somewhere is reached there.
    options.proxy = None;
    options.hosts = HashMap::from([("duo.example".to_string(), IpAddr::from([127, 0, 0, 1]))]);
    let url = format!("https://duo.example:{}/", server.address().port());
    let problem = Client::new(options)
        .unwrap()
        .send(&get(url))
        .unwrap_err()
        .problem;
    assert_eq!(problem, Problem::WrongName);
}
