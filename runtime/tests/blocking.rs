//! Calls without a runtime.

#![cfg(feature = "blocking")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod polar;
mod script;

use std::io::{Read, Write};
use std::net::TcpListener;

use polar::Polar;
use polar_client_runtime::Error;
use polar_client_runtime::client::Server;
use script::{REFUSED, Script, answer};

#[test]
fn a_call_can_be_waited_for_on_any_thread() {
    let script = Script::new([REFUSED, answer(200, r#"[{"name":"x"}]"#)]);
    let polar = script.polar();
    // With all that belongs to it, retries and their waits included.
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
fn the_usual_transport_keeps_its_connection_between_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Accepts one connection only.
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

#[tokio::test]
async fn inside_a_runtime_it_is_an_error_and_no_panic() {
    let script = Script::new([answer(200, "[]")]);
    let error = script.polar().list().send_blocking().unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidRequest {
            operation: "things:list",
            ..
        }
    ));
    assert!(
        error.to_string().contains("await the call instead"),
        "{error}"
    );
    assert_eq!(script.count(), 0);
}

#[test]
fn without_a_runtime_the_usual_transport_says_so() {
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
