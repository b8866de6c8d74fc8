//! One connection of a server, from the first byte to the last.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response as Message, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::accept::linger;
use super::answer::{Answer, Response};
use super::head;
use super::hello::{Asks, lax_server_hello, read_client_hello};
use super::server::{Handshake, Serving};
use super::suites::LESS;
use crate::exchange::{Exchange, HttpFacts, StartLine, TlsFacts};
use crate::limits::{MAX_HTTP_HEAD_BYTES, MAX_HTTP_HEADERS, MIN_HTTP_BUFFER_BYTES};

/// Serves one connection to its end. Its handshake is over when it is known what
/// came of it.
pub(super) async fn serve(
    mut stream: TcpStream,
    serving: &Arc<Serving>,
    handshake: Handshake,
    stopping: watch::Receiver<bool>,
) {
    if serving.takes_old
        && let Ok(Some(answer)) = timeout(serving.limits.read, lax_answer(&stream)).await
    {
        let _ = stream.write_all(&answer).await;
        drop(handshake);
        linger(stream).await;
        return;
    }
    let from = stream.peer_addr().ok().map(|peer| peer.ip());
    if !serving.accepting.is_secure() {
        drop(handshake);
        converse(stream, (from, None), serving, stopping).await;
        return;
    }
    let limit = serving.limits.read;
    let shaken = serving.accepting.handshake(stream, serving.port, limit);
    match shaken.await {
        Ok((stream, facts)) => {
            drop(handshake);
            let known = (from, Some(Arc::new(facts)));
            converse(stream, known, serving, stopping).await
        }
        Err((refusal, stream)) => {
            let handler = Arc::clone(&serving.handler);
            // A handler that panics harms nobody else.
            let _ = tokio::task::spawn_blocking(move || handler.refused(&refusal)).await;
            drop(handshake);
            if let Some(stream) = stream {
                linger(stream).await;
            }
        }
    }
}

/// What a server that is wrong on purpose answers to a hello that it should
/// refuse. The hello is only looked at, so that any other goes on as usual.
async fn lax_answer(stream: &TcpStream) -> Option<Vec<u8>> {
    let weak: Vec<u16> = LESS.iter().map(|(number, _)| *number).collect();
    let mut bytes = vec![0; MAX_HTTP_HEAD_BYTES];
    loop {
        let there = stream
            .peek(&mut bytes)
            .await
            .ok()
            .filter(|there| *there > 0)?;
        match read_client_hello(&bytes[..there]) {
            Asks::Hello { version, suites } => return lax_server_hello(version, &suites, &weak),
            Asks::Other => return None,
            // Looking again does not wait for more.
            Asks::More => sleep(Duration::from_millis(1)).await,
        }
    }
}

/// The bytes with which a connection ends in place of an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends on purpose")]
struct LastBytes(Vec<u8>);

type Reply = Pin<Box<dyn Future<Output = Result<Message<Full<Bytes>>, LastBytes>> + Send>>;

async fn converse<S>(
    stream: S,
    (from, tls): (Option<IpAddr>, Option<Arc<TlsFacts>>),
    serving: &Arc<Serving>,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let last: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let service = service_fn(|request| {
        let last = Arc::clone(&last);
        let serving = Arc::clone(serving);
        let tls = tls.clone();
        Box::pin(async move {
            let reply = reply(request, (from, tls), &serving).await;
            reply.map_err(|LastBytes(bytes)| {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
                LastBytes(Vec::new())
            })
        }) as Reply
    });
    let limits = serving.limits;
    let mut connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_headers(MAX_HTTP_HEADERS)
        .max_buf_size(limits.head.max(MIN_HTTP_BUFFER_BYTES))
        .serve_connection(TokioIo::new(stream), service);
    let mut session = pin!(sleep(limits.session));
    let mut ends = false;
    loop {
        tokio::select! {
            // What went wrong with HTTP, hyper has answered where it could.
            _ = poll_fn(|context| connection.poll_without_shutdown(context)) => break,
            _ = stopping.wait_for(|stop| *stop), if !ends => {}
            () = &mut session, if !ends => {}
        }
        ends = true;
        Pin::new(&mut connection).graceful_shutdown();
    }
    let mut stream = connection.into_parts().io.into_inner();
    let bytes = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    let end = async {
        match bytes {
            // Without a goodbye of TLS: the other party is to see that the
            // connection broke.
            Some(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await
            }
            None => stream.shutdown().await,
        }
    };
    let _ = timeout(limits.read, end).await;
}

/// Lets the handler answer a request.
async fn reply(
    request: Request<Incoming>,
    (from, tls): (Option<IpAddr>, Option<Arc<TlsFacts>>),
    serving: &Serving,
) -> Result<Message<Full<Bytes>>, LastBytes> {
    let (head, body) = request.into_parts();
    let head = HttpFacts {
        start: StartLine::Request {
            method: head.method.to_string(),
            url: head.uri.to_string(),
        },
        version: head::version(head.version),
        headers: head::facts(&head.headers),
    };
    let limit = serving.limits.body.min(serving.handler.body_limit(&head));
    let whole = Limited::new(body, limit).collect();
    let body = match timeout(serving.limits.read, whole).await {
        Ok(Ok(body)) => Some(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => None,
        Ok(Err(_)) => return Err(LastBytes(Vec::new())),
        Err(_) => return Ok(refusal(StatusCode::REQUEST_TIMEOUT)),
    };
    let is_whole = body.is_some();
    let exchange = Arc::new(Exchange {
        body: Arc::from(body.as_deref().unwrap_or_default()),
        http: Some(head),
        tls,
        answers: None,
        received: None,
    });
    let handler = Arc::clone(&serving.handler);
    let answer = tokio::task::spawn_blocking(move || match is_whole {
        true => handler.answer_from(exchange, from),
        false => handler.too_large(exchange, from),
    });
    let answer = answer.await;
    let Ok(mut answer) = answer else {
        // The handler panicked: our mistake, and that is what 500 says.
        return Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR));
    };
    loop {
        match answer {
            Answer::Response(response) => {
                let Some(mut message) = message(&response) else {
                    return Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR));
                };
                if !is_whole {
                    // What is left of the body is no request.
                    message.headers_mut().insert(CONNECTION, CLOSE);
                }
                return Ok(message);
            }
            Answer::Delayed(by, then) => {
                sleep(by).await;
                answer = *then;
            }
            Answer::Silent => return Err(LastBytes(Vec::new())),
            Answer::Broken(response, after) => return Err(LastBytes(part(&response, after))),
            Answer::Raw(bytes) => return Err(LastBytes(bytes.to_vec())),
        }
    }
}

/// An answer to what never reached the handler, and the end of the connection.
fn refusal(status: StatusCode) -> Message<Full<Bytes>> {
    let mut message = Message::new(Full::default());
    *message.status_mut() = status;
    message.headers_mut().insert(CONNECTION, CLOSE);
    message
}

/// The end of a connection, as a header says it.
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// A response as hyper writes it; `None` when it is none that HTTP can carry.
fn message(response: &Response) -> Option<Message<Full<Bytes>>> {
    let body = Bytes::from_owner(Arc::clone(&response.body));
    let mut message = Message::new(Full::new(body));
    *message.status_mut() = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| !status.is_informational())?;
    for (name, value) in &response.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        message.headers_mut().append(name, value);
    }
    Some(message)
}

/// The head of a response, which announces the whole body, and the first
/// `after` bytes of that.
fn part(response: &Response, after: usize) -> Vec<u8> {
    let reason = StatusCode::from_u16(response.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    let announced = |name: &str| {
        let mut headers = response.headers.iter();
        headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    if !announced("content-length") && !announced("transfer-encoding") {
        let length = format!("content-length: {}\r\n", response.body.len());
        bytes.extend_from_slice(length.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&response.body[..after.min(response.body.len())]);
    bytes
}
