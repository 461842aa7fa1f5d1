//! A proxy between the program and the hub that refuses, or is not there: a sentence that names it, and exit code 1.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use crate::hub::PROXIES;

/// A proxy that answers everything with this status, and tells what it was asked.
fn proxy(status: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (asked, seen) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
            let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let _ = asked.send(request.first().cloned().unwrap_or_default());
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, seen)
}

/// What is said when a model is asked for through this proxy.
fn refused(variable: &str, proxy: SocketAddr, endpoint: &str) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    PROXIES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.args(["models", "pull", "people/tiny"]).env("HOME", home.path()).env("HF_HOME", home.path());
    command.env("HF_ENDPOINT", endpoint).env(variable, format!("http://someone:secret@{proxy}"));
    let output = command.output().expect("it starts");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("clsroom: ") && said.trim().lines().count() == 1, "one sentence: {said}");
    assert!(!said.contains("secret"), "the password stays where it is: {said}");
    said
}

#[test]
fn a_proxy_that_refuses_is_named() {
    for (status, number) in [("502 Bad Gateway", "502"), ("407 Proxy Authentication Required", "407")] {
        for (variable, endpoint) in [
            ("HTTPS_PROXY", "https://hub.invalid"),
            ("HTTP_PROXY", "http://hub.invalid"),
            ("ALL_PROXY", "https://hub.invalid"),
        ] {
            let (address, seen) = proxy(status);
            let said = refused(variable, address, endpoint);
            assert!(seen.recv().is_ok_and(|line| line.starts_with("CONNECT hub.invalid:")), "{variable} was asked");
            assert!(said.contains("the proxy does not let through") && said.contains(number), "{said}");
            assert!(said.contains("Check HTTPS_PROXY"), "what to do next: {said}");
        }
    }
}

#[test]
fn a_proxy_that_is_not_there_is_a_network_that_cannot_be_reached() {
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let said = refused("HTTPS_PROXY", nobody, "https://hub.invalid");
    assert!(said.contains("cannot reach https://hub.invalid") && said.contains("the proxy"), "{said}");
}
