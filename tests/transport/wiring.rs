//! Parties that call each other, many at a time, and clients and servers that
//! come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ketenkeur::exchange::Exchange;
use ketenkeur::transport::{
    Answer, Client, ClientTrust, Handler, Response, Server, ServerLimits, ServerOptions,
};

use crate::support::{Always, DUO, clock, duo, get, identity, post, serve, supplier, trust};

/// Asks another party before it answers.
struct Asks {
    client: Client,
    url: String,
}

impl Handler for Asks {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        match self.client.send(&get(&self.url)) {
            Ok(answer) => Response::new(200, "text/plain", answer.body).into(),
            Err(error) => Response::new(502, "text/plain", error.problem.name().as_bytes()).into(),
        }
    }
}

#[test]
fn a_party_may_call_another_while_it_answers() {
    let osr = ServerOptions::new(clock()).with_tls(identity("osr"), ClientTrust::Required(trust()));
    let osr = serve(osr, &Always::ok());
    let own = ketenkeur::transport::ClientOptions::new(trust(), clock());
    let asks = Asks {
        client: Client::new(own.with_identity(identity("duo"))).unwrap(),
        url: osr.url("osr.ketenkeur.invalid", "/api/v2/mandates"),
    };
    let duo = Server::start(duo(), Arc::new(asks)).unwrap();
    let client = Client::new(supplier()).unwrap();
    let url = duo.url(DUO, "/");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = client.send(&get(&url)).unwrap();
                assert_eq!(&*answer.body, b"goed");
            });
        }
    });
}

/// Sends back what came in.
struct Echo(AtomicUsize);

impl Handler for Echo {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        self.0.fetch_add(1, Ordering::Relaxed);
        Response::new(200, "text/xml", Arc::clone(&request.body)).into()
    }
}

#[test]
fn many_threads_share_a_client() {
    const THREADS: usize = 8;
    const EACH: usize = 25;
    let echo = Arc::new(Echo(AtomicUsize::new(0)));
    let server = Server::start(duo(), Arc::clone(&echo) as Arc<dyn Handler>).unwrap();
    let client = Client::new(supplier()).unwrap();
    let url = server.url(DUO, "/");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (client, url) = (&client, &url);
            scope.spawn(move || {
                for number in 0..EACH {
                    let body = format!("<bericht thread=\"{thread}\" nummer=\"{number}\"/>");
                    let answer = client.send(&post(url, body.as_bytes())).unwrap();
                    assert_eq!(&*answer.body, body.as_bytes());
                }
            });
        }
    });
    assert_eq!(echo.0.load(Ordering::Relaxed), THREADS * EACH);
}

#[test]
fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = ServerLimits {
        connections: 1,
        idle: std::time::Duration::from_millis(50),
        ..ServerLimits::default()
    };
    let server = serve(ServerOptions { limits, ..duo() }, &Always::ok());
    let url = server.url(DUO, "/");
    // Each client keeps its connection until the server has waited long enough.
    let clients: Vec<Client> = (0..3).map(|_| Client::new(supplier()).unwrap()).collect();
    for client in &clients {
        assert_eq!(&*client.send(&get(&url)).unwrap().body, b"goed");
    }
}

/// Answers when it is told to.
struct Waits(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

impl Handler for Waits {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        let _ = self.0.lock().unwrap().recv();
        Response::new(200, "text/plain", *b"laat").into()
    }
}

#[test]
fn what_is_being_answered_is_answered_when_a_server_stops() {
    let (go, going) = std::sync::mpsc::channel();
    let waits = Arc::new(Waits(std::sync::Mutex::new(going)));
    let server = Server::start(duo(), Arc::clone(&waits) as Arc<dyn Handler>).unwrap();
    let (url, address) = (server.url(DUO, "/"), server.address());
    let client = Client::new(supplier()).unwrap();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| client.send(&get(&url)));
        // The request has arrived when the handler holds the lock.
        while waits.0.try_lock().is_ok() {
            std::thread::yield_now();
        }
        let stopping = scope.spawn(|| drop(server));
        go.send(()).unwrap();
        assert_eq!(&*asking.join().unwrap().unwrap().body, b"laat");
        stopping.join().unwrap();
    });
    assert!(std::net::TcpStream::connect(address).is_err());
}

/// Fails in the middle of its work.
struct Panics;

impl Handler for Panics {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        panic!("on purpose");
    }
}

#[test]
fn a_handler_that_fails_is_an_error_of_the_server() {
    let server = Server::start(duo(), Arc::new(Panics)).unwrap();
    let client = Client::new(supplier()).unwrap();
    for _ in 0..2 {
        let answer = client.send(&get(server.url(DUO, "/"))).unwrap();
        assert_eq!(answer.http.unwrap().status(), Some(500));
    }
}
