//! Blocking calls, without a runtime.

#![cfg(feature = "blocking")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::polar::Polar;
use crate::script::{CONNECTION_REFUSED, End, ScriptedTransport, Step, response};
use polar_client_runtime::Error;
use polar_client_runtime::client::Server;

#[test]
fn send_blocking_works_on_any_thread() {
    let script = ScriptedTransport::new([CONNECTION_REFUSED, response(200, r#"[{"name":"x"}]"#)]);
    let polar = script.polar();
    // The call is retried, with a delay.
    assert_eq!(polar.list().send_blocking().unwrap()[0].name, "x");
    assert_eq!(script.count(), 2);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let polar = polar.clone();
            std::thread::spawn(move || polar.list().send_blocking().unwrap().len())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 1);
    }
}

#[test]
fn the_default_transport_keeps_its_connection_between_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The server accepts one connection only, so the second call must reuse it.
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for _ in 0..3 {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
                .unwrap();
        }
    });
    let polar = Polar::builder()
        .server(Server::custom(&url).unwrap())
        .build()
        .unwrap();
    for _ in 0..3 {
        polar.list().send_blocking().unwrap();
    }
    server.join().unwrap();
}

fn is_rejected(script: &ScriptedTransport) -> bool {
    let error = script.polar().list().send_blocking().unwrap_err();
    let rejected = matches!(
        error,
        Error::InvalidRequest {
            operation: "things:list",
            ..
        }
    );
    rejected && error.to_string().contains("spawn_blocking")
}

#[tokio::test]
async fn blocking_inside_a_task_is_an_error() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    assert!(is_rejected(&script));
    // Also detected after the cooperative budget of the task is used up.
    assert!(is_rejected(&script));
    tokio::task::yield_now().await;
    let other = script.clone();
    assert!(
        tokio::spawn(async move { is_rejected(&other) })
            .await
            .unwrap()
    );
    assert_eq!(script.count(), 0);
    // The task continues afterwards.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    sender.send(1).unwrap();
    assert_eq!(receiver.await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_inside_a_multi_threaded_runtime_is_an_error() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    assert!(is_rejected(&script));
    let other = script.clone();
    assert!(
        tokio::spawn(async move { is_rejected(&other) })
            .await
            .unwrap()
    );
    let count =
        tokio::task::block_in_place(|| script.polar().list().send_blocking().unwrap().len());
    assert_eq!((count, script.count()), (0, 1));
}

#[test]
fn streams_can_be_read_by_threads() {
    let script = ScriptedTransport::new([
        Step::Chunks(200, vec!["a,b\n", "1,2\n"], End::Whole),
        Step::Chunks(200, vec!["a,b\n"], End::Broken),
    ]);
    let polar = script.polar();
    let stream = polar.export().send_stream().wait().unwrap();
    let pieces: Vec<_> = stream.blocking().map(Result::unwrap).collect();
    assert_eq!(pieces, ["a,b\n", "1,2\n"]);

    let mut pieces = polar.export().send_stream().wait().unwrap().blocking();
    assert_eq!(pieces.next().unwrap().unwrap(), "a,b\n");
    assert!(pieces.next().unwrap().unwrap_err().is_connection());
    assert!(pieces.next().is_none());
    assert_eq!(script.open(), 0);
}

/// The iterator ends after the error, so that a loop that ignores errors ends as well.
#[tokio::test]
async fn an_iterator_inside_a_runtime_ends_after_its_error() {
    let polar = ScriptedTransport::new([Step::Chunks(200, vec!["a", "b"], End::Whole)]).polar();
    let mut pieces = polar.export().send_stream().await.unwrap().blocking();
    let error = pieces.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
    assert!(pieces.next().is_none());
}

#[tokio::test]
async fn spawn_blocking_threads_can_block() {
    // Retries work, because the delays use the runtime of blocking calls.
    let script = ScriptedTransport::new([CONNECTION_REFUSED, response(200, r#"[{"name":"x"}]"#)]);
    let polar = script.polar();
    let work = tokio::task::spawn_blocking(move || polar.list().send_blocking());
    assert_eq!(work.await.unwrap().unwrap()[0].name, "x");
    assert_eq!(script.count(), 2);
}

#[tokio::test]
async fn spawn_blocking_threads_reach_a_server() {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(200).set_body_string("[]"))
        .mount(&server)
        .await;
    let builder = Polar::builder().server(Server::custom(&server.uri()).unwrap());
    let polar = builder.build().unwrap();
    let work = tokio::task::spawn_blocking(move || polar.list().send_blocking());
    assert!(work.await.unwrap().unwrap().is_empty());
}

#[test]
fn a_thread_that_entered_a_runtime_can_block() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _context = runtime.enter();
    let script = ScriptedTransport::new([response(200, "[]")]);
    assert!(script.polar().list().send_blocking().unwrap().is_empty());
}

#[test]
fn the_default_transport_without_a_runtime_is_an_error() {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    let polar = Polar::builder().server(Server::custom("http://127.0.0.1:1").unwrap());
    let mut call = std::pin::pin!(polar.build().unwrap().list().send());
    let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("there is nothing to wait for");
    };
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
