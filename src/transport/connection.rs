//! One HTTP connection of a client.

use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::dial::{Dialled, Noted};
use super::error::TransportProblem;
use super::problem::{of_http, tls_in};
use crate::exchange::TlsFacts;
use crate::limits::{MAX_HTTP_HEAD_BYTES, MAX_HTTP_HEADERS};

/// How long a connection that failed may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A stream of bytes, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection on which requests go one after the other.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Why the connection ended, once it has.
    ended: Option<oneshot::Receiver<Option<TransportProblem>>>,
    noted: Noted,
    /// The socket below, to see what arrived that nobody has read yet.
    socket: TcpStream,
    pub(super) tls: Option<Arc<TlsFacts>>,
}

/// A request that got no answer.
pub(super) enum Unsent {
    /// No byte of it was written: it may go another way.
    Yes(Box<hyper::Request<Full<Bytes>>>, TransportProblem),
    /// It was written, in part or whole.
    No(TransportProblem),
}

impl Connection {
    pub(super) async fn start(dialled: Dialled) -> Result<Self, TransportProblem> {
        let Dialled {
            stream,
            socket,
            tls,
            noted,
        } = dialled;
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_HTTP_HEAD_BYTES)
            .max_headers(MAX_HTTP_HEADERS)
            .handshake(TokioIo::new(Attentive(stream)))
            .await
            .map_err(|error| of_http(&error, noted.asked()))?;
        let (tell, ended) = oneshot::channel();
        let asked = noted.clone();
        tokio::spawn(async move {
            let problem = connection.await.err();
            // Nobody listens any more when the client is gone.
            let _ = tell.send(problem.map(|error| of_http(&error, asked.asked())));
        });
        Ok(Self {
            sender,
            ended: Some(ended),
            noted,
            socket,
            tls,
        })
    }

    /// Whether the next request may be written: the other end has said nothing
    /// more, and above all not that it ends the connection. That may have
    /// arrived without anybody having read it yet.
    pub(super) async fn is_ready(&mut self) -> bool {
        let ready = async {
            loop {
                match self.socket.peek(&mut [0]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // The task that reads this connection comes first.
                    Ok(there) if there > 0 => yield_now().await,
                    Ok(_) | Err(_) => return false,
                }
            }
            self.sender.ready().await.is_ok()
        };
        timeout(LAST_WORDS, ready).await.unwrap_or(false)
    }

    pub(super) async fn send(
        &mut self,
        message: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Unsent> {
        let mut error = match self.sender.try_send_request(message).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let unsent = error.take_message();
        let problem = self.problem(error.error()).await;
        Err(match unsent {
            Some(message) => Unsent::Yes(Box::new(message), problem),
            None => Unsent::No(problem),
        })
    }

    /// What an error means. The connection itself may know better than the
    /// request: an alert of TLS that came first.
    pub(super) async fn problem(&mut self, error: &hyper::Error) -> TransportProblem {
        let problem = of_http(error, self.noted.asked());
        if problem != TransportProblem::Broken {
            return problem;
        }
        let Some(ended) = self.ended.take() else {
            return problem;
        };
        match timeout(LAST_WORDS, ended).await {
            Ok(Ok(Some(reason))) => reason,
            _ => problem,
        }
    }
}

/// A stream that looks for the reason when it cannot be written to. Under TLS
/// 1.3 a server refuses a client's certificate after the client may write:
/// its alert waits to be read while writing fails already.
struct Attentive(Box<dyn Stream>);

impl Attentive {
    fn reason(&mut self, context: &mut Context<'_>, error: io::Error) -> io::Error {
        let mut scratch = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.0).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(Err(reason)) if tls_in(&reason).is_some() => return reason,
                _ => return error,
            }
        }
    }
}

impl AsyncRead for Attentive {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Attentive {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.0).poll_write(context, bytes) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.reason(context, error))),
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.0).poll_flush(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.reason(context, error))),
            other => other,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
