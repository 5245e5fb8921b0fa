//! Clients that take too long, or are too many: they are cut off, and told so where they still listen.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use identomat_mock::{ClientLimits, Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    command_line::{Serving, binary},
    harness::{LIMIT, TestApp, eventually, eventually_blocking},
};

/// Long enough for a client in a hurry, short enough to be waited for.
const MOMENT: Duration = Duration::from_millis(200);

async fn with(limits: impl FnOnce(&mut ClientLimits)) -> TestApp {
    TestApp::start_with(|builder| builder.settings(|config| limits(&mut config.clients))).await
}

fn connect(address: impl std::net::ToSocketAddrs) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// All that comes until the connection ends; a reset is an end, too.
fn heard(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the connection does not end");
    }
    String::from_utf8(answer).unwrap()
}

/// A call that is answered at once on a connection that stays open.
fn talk(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET /__admin/health/ready HTTP/1.1\r\nhost: mock\r\n\r\n").unwrap();
    let mut answer = String::new();
    while !answer.ends_with('}') {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "closed after {answer:?}");
        answer += std::str::from_utf8(&piece[..length]).unwrap();
    }
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_head_has_to_arrive_in_time_however_it_comes() {
    let app = with(|limits| limits.head = MOMENT).await;
    for sends_on in [false, true] {
        let (started, mut stream) = (Instant::now(), connect(app.mock.address()));
        stream.write_all(b"GET /external-api/result/ HTTP/1.1\r\nx: ").unwrap();
        if sends_on {
            stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
            eventually_blocking(LIMIT, "there is an answer", || {
                let nothing = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
                let is_there = !stream.peek(&mut [0]).is_err_and(|error| nothing.contains(&error.kind()));
                if !is_there {
                    stream.write_all(b"y").unwrap();
                }
                is_there
            });
            stream.set_read_timeout(Some(LIMIT)).unwrap();
        }
        let answer = heard(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        let problem = "the head of the request did not arrive within 200ms (--head-timeout)";
        assert!(answer.contains(&format!("\r\nx-identomat-mock-hint: {problem}\r\n")), "{answer}");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["error"], problem);
        assert!(started.elapsed() >= MOMENT);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_has_to_arrive_in_time() {
    let app = with(|limits| limits.body = MOMENT).await;
    let token = app.begin(json!({})).await;
    for call in [
        "POST /external-api/begin/".to_owned(),
        "PUT /external-api/begin/".into(),
        "POST /external-api/no-such-call/".into(),
        format!("POST /?session_token={token}"),
    ] {
        let (started, mut stream) = (Instant::now(), connect(app.mock.address()));
        let request = format!("{call} HTTP/1.1\r\nhost: mock\r\ncontent-length: 100\r\n\r\n{{\"company_key\"");
        stream.write_all(request.as_bytes()).unwrap();
        let answer = heard(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{call}: {answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        let problem = "the body did not arrive within 200ms (--body-timeout)";
        assert!(answer.ends_with(&json!({"argumentError": problem}).to_string()), "{answer}");
        assert!(started.elapsed() >= MOMENT);
    }
    // Whoever is answered without the body gets that answer, and no more time.
    let mut stream = connect(app.mock.address());
    stream.write_all(b"POST /no-such-path HTTP/1.1\r\nhost: mock\r\ncontent-length: 100\r\n\r\n{").unwrap();
    assert!(heard(&mut stream).starts_with("HTTP/1.1 404 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_idle_connection_is_closed_but_never_one_that_waits_for_its_answer() {
    let app = with(|limits| limits.idle = MOMENT).await;
    for calls in 0..3 {
        let (started, mut stream) = (Instant::now(), connect(app.mock.address()));
        for _ in 0..calls {
            talk(&mut stream);
        }
        assert_eq!(heard(&mut stream), "");
        assert!(started.elapsed() >= MOMENT);
    }
    let token = app.begin(json!({})).await;
    app.mock.add_fault(Fault::delay(3 * MOMENT).endpoint(Endpoint::Result)).await.unwrap();
    app.result(&token).await.assert_status(200);
    let length = app.result(&token).await.body.len() as u32;
    app.mock.add_fault(Fault::throttle(length).endpoint(Endpoint::Result)).await.unwrap();
    assert_eq!(app.result(&token).await.body.len() as u32, length, "a second is longer than it may be idle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_longest_idle_connection_makes_room() {
    let app = with(|limits| limits.connections = 3).await;
    let mut clients: Vec<_> = (0..3).map(|_| connect(app.mock.address())).collect();
    for client in [0, 1, 2, 0] {
        talk(&mut clients[client]);
    }
    let mut new = connect(app.mock.address());
    talk(&mut new);
    assert_eq!(heard(&mut clients[1]), "");
    for client in [0, 2] {
        talk(&mut clients[client]);
    }
    talk(&mut new);
}

#[test]
fn one_line_says_that_there_are_too_many_connections() {
    let mut serving = Serving::start(&["--max-connections", "2"]);
    let address = serving.url().strip_prefix("http://").unwrap().to_owned();
    let log = serving.log();
    let mut clients: Vec<_> = (0..6).map(|_| connect(&address)).collect();
    talk(clients.last_mut().unwrap());
    for client in &mut clients[..4] {
        assert_eq!(heard(client), "");
    }
    let said = "closed the connection idle longest for a new one (--max-connections)";
    assert!(log.line_with(said).contains("max_connections=2 closed=1"));
    log.rest_after(serving).iter().for_each(|line| assert!(!line.contains(said), "{line}"));
}

/// Reads from both by turns until one has got an answer; answers it, and the other client.
fn first_answer([mut one, mut other]: [TcpStream; 2]) -> (String, TcpStream) {
    for client in [&one, &other] {
        client.set_nonblocking(true).unwrap();
    }
    eventually_blocking(LIMIT, "one of them has an answer", || {
        std::mem::swap(&mut one, &mut other);
        one.peek(&mut [0]).is_ok()
    });
    for client in [&one, &other] {
        client.set_nonblocking(false).unwrap();
    }
    (heard(&mut one), other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_none_is_idle_the_request_that_takes_longest_makes_room() {
    let app = with(|limits| limits.connections = 2).await;
    let unfinished = [(); 2].map(|()| {
        let mut client = connect(app.mock.address());
        let head =
            "POST /external-api/begin/ HTTP/1.1\r\nhost: mock\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
        client.write_all(head.as_bytes()).unwrap();
        let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        client.read_exact(&mut vec![0; go_on.len()]).unwrap();
        client
    });
    talk(&mut connect(app.mock.address()));
    let (answer, _waiting) = first_answer(unfinished);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("2 connections were open (--max-connections), none of them idle"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_all_are_busy_the_new_one_waits() {
    let app = with(|limits| limits.connections = 1).await;
    let token = app.begin(json!({})).await;
    app.mock.add_fault(Fault::delay(MOMENT).endpoint(Endpoint::Result)).await.unwrap();
    let started = Instant::now();
    let (slow, ()) = tokio::join!(app.result(&token), async {
        eventually(LIMIT, "the fault strikes", async || app.mock.faults().await.unwrap().is_empty()).await;
        let address = app.mock.address();
        tokio::task::spawn_blocking(move || talk(&mut connect(address))).await.unwrap();
        assert!(started.elapsed() >= MOMENT, "the second waits for the first");
    });
    slow.assert_status(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn of_the_heads_that_hold_too_much_one_makes_room() {
    let app = with(|limits| limits.incomplete_bytes = 100_000).await;
    let head = ["GET / HTTP/1.1\r\nx: ", &"y".repeat(60_000)].concat();
    let clients = [(); 2].map(|()| {
        let mut client = connect(app.mock.address());
        client.write_all(head.as_bytes()).unwrap();
        client
    });
    let (answer, mut other) = first_answer(clients);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("exceeded 100000 bytes (--max-incomplete-bytes)"), "{answer}");
    other.write_all(b"\r\nconnection: close\r\n\r\n").unwrap();
    other.set_read_timeout(Some(LIMIT)).unwrap();
    assert!(heard(&mut other).starts_with("HTTP/1.1 200 "));
}

/// A body that is refused before it has arrived holds nothing, however long a fault keeps its answer back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_holds_nothing_while_its_answer_is_delayed() {
    let settings = |config: &mut identomat_mock::Config| {
        config.limits.body = 1000;
        config.clients.incomplete_bytes = 1000;
    };
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    let begin_of = |path: &str, length: usize| {
        let mut client = connect(app.mock.address());
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: mock\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n");
        client.write_all(head.as_bytes()).unwrap();
        client.read_exact(&mut [0; "HTTP/1.1 100 Continue\r\n\r\n".len()]).unwrap();
        client
    };
    app.mock.add_fault(Fault::delay(Duration::from_secs(60)).endpoint(Endpoint::Result)).await.unwrap();
    let mut refused = begin_of("/external-api/result/", 5000);
    refused.write_all(&[b'a'; 1500]).unwrap();
    eventually(LIMIT, "the fault strikes", async || app.mock.faults().await.unwrap().is_empty()).await;
    let body = app.with_key(json!({"padding": "x".repeat(800)})).to_string();
    let mut other = begin_of("/external-api/begin/", body.len());
    other.write_all(body.as_bytes()).unwrap();
    let mut start = [0; 12];
    other.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_head_may_be_as_long_as_the_longest_url_with_all_its_headers() {
    let app = TestApp::start().await;
    let (query, header) = ("q".repeat(65_000), "y".repeat(60_000));
    let mut client = connect(app.mock.address());
    let head = format!("GET /none?{query} HTTP/1.1\r\nconnection: close\r\nx: {header}\r\n\r\n");
    client.write_all(head.as_bytes()).unwrap();
    assert!(heard(&mut client).starts_with("HTTP/1.1 404 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_that_never_finish_keep_nobody_waiting() {
    rlimit::increase_nofile_limit(4096).unwrap();
    // A call that waited for one of them would time out.
    let app = with(|limits| {
        limits.head = Duration::from_secs(3600);
        limits.body = Duration::from_secs(3600);
    })
    .await;
    let requests =
        ["GET /external-api/result/ HTTP/1.1\r\nx", "POST /external-api/begin/ HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"];
    let stalled: Vec<_> = (0..1000)
        .map(|number| {
            let mut client = connect(app.mock.address());
            client.write_all(requests[number % 2].as_bytes()).unwrap();
            client
        })
        .collect();
    for _ in 0..21 {
        app.begin(json!({})).await;
    }
    drop(stalled);
}

/// The memory that a process has, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_unfinished_bodies_stay_within_their_bound() {
    const BOUND: usize = 32 << 20;
    const CLIENTS: usize = 100;
    let serving = Serving::start(&["--max-incomplete-bytes", "32MiB", "--log-level", "error"]);
    let address = serving.url().strip_prefix("http://").unwrap().to_owned();
    let before = resident(serving.pid());
    let body =
        [&b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"[..], &vec![b'a'; (16 << 20) - 1000]].concat();
    let head = "POST /external-api/begin/ HTTP/1.1\r\nhost: mock\r\ncontent-type: multipart/form-data; boundary=x\r\n\
                content-length: 16777216\r\n\r\n";
    let (held, told) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = connect(&address);
                    client.write_all(head.as_bytes()).unwrap();
                    // Who is cut off does not get rid of all of it.
                    let _ = client.write_all(&body);
                    client
                })
            })
            .collect();
        let mut most = 0;
        eventually_blocking(3 * LIMIT, "all have sent what they can", || {
            most = most.max(resident(serving.pid()));
            clients.iter().all(|client| client.is_finished())
        });
        // Two of them fit, and are still there.
        let mut clients: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        let is_waiting = |client: &mut TcpStream| {
            client.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            let read = client.read(&mut [0; 12]);
            read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
        };
        let cut_off = clients.iter_mut().map(is_waiting).filter(|is_waiting| !is_waiting);
        let cut_off = cut_off.count();
        talk(&mut connect(&address));
        (most.max(resident(serving.pid())) - before, cut_off)
    });
    assert!(told >= CLIENTS - 2, "{told} were cut off");
    // Beside it are the buffers of each connection; all that was sent is fifty times the bound.
    assert!(held < BOUND + (CLIENTS << 19), "{held} bytes are held, of {BOUND}");
}

#[cfg(target_os = "linux")]
#[test]
fn fewer_open_files_than_connections_are_said_at_the_start() {
    let program = env!("CARGO_BIN_EXE_identomat-mock");
    let mut serving = Serving::spawn(
        std::process::Command::new("sh")
            .args(["-c", &format!("ulimit -n 100; exec {program} --port 0 --max-connections 5000")]),
    );
    let said = "this process may open 100 files (ulimit -n), so the limit is 36 connections instead of 5000 (--max-connections)";
    let log = serving.log();
    log.line_with(said);
    let address = serving.url().strip_prefix("http://").unwrap();
    let mut clients: Vec<_> = (0..200).map(|_| connect(address)).collect();
    talk(clients.last_mut().unwrap());

    // The soft limit is raised where the system allows it.
    let roomy =
        Serving::spawn(binary(&["--port", "0", "--max-connections", "10"]).env("IDENTOMAT_MOCK_LOG_LEVEL", "info"));
    let (_, _, log) = roomy.terminate();
    assert!(log.contains("stopping") && !log.contains("ulimit"), "{log}");
}
