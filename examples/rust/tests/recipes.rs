//! The recipes with a mock in the process of the test.

use std::{net::SocketAddr, time::Duration};

use identomat_mock::{
    Company, Config, Control, Endpoint, Fault, MockServer, Outcome,
    expect::{begin, delete, result},
};
use serde_json::Value;
use shop::Settings;

/// A shop that uses the company of the handle, or the first one.
async fn new_shop(mock: &Control, timeout: Duration) -> SocketAddr {
    shop::serve(Settings { url: mock.url().to_owned(), company_key: mock.company_key().to_owned(), timeout }).await
}

const PATIENT: Duration = Duration::from_secs(5);

async fn begun(shop: SocketAddr) -> String {
    let begun = reqwest::Client::new().post(format!("http://{shop}/verifications")).send().await.expect("an answer");
    begun.json::<Value>().await.expect("JSON")["token"].as_str().expect("a token").to_owned()
}

/// Returns the shop's verdict, or the status of its error.
async fn verdict(shop: SocketAddr, token: &str) -> String {
    let answer = reqwest::get(format!("http://{shop}/verifications/{token}")).await.expect("an answer");
    match answer.error_for_status() {
        Ok(answer) => answer.json::<Value>().await.expect("JSON")["result"].as_str().expect("a word").to_owned(),
        Err(error) => error.status().expect("a status").as_str().to_owned(),
    }
}

#[tokio::test]
async fn the_shop_learns_that_the_person_has_finished() {
    // recipe: completion
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, PATIENT).await;
    let token = begun(shop).await;
    // A browser that completes the widget has the same effect.
    let (waited, finished) = tokio::join!(mock.wait_for(&token).finished(), mock.finish(&token));
    finished.unwrap();
    assert_eq!(waited.unwrap().current_result, "APPROVED");
    assert_eq!(verdict(shop, &token).await, "APPROVED");
    // end
}

#[tokio::test]
async fn done_is_not_a_verdict_yet() {
    // recipe: race
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, PATIENT).await;
    mock.queue_scenario("done-before-verdict").await.unwrap();
    let token = begun(shop).await;
    mock.finish(&token).await.unwrap();
    let _polled = mock.expect(result().with("session_token", &token).times(3)).await.unwrap();
    assert_eq!(verdict(shop, &token).await, "APPROVED");
    assert!(mock.coverage().await.unwrap().is_covered("done-before-verdict"));
    // end
}

#[tokio::test]
async fn a_failed_call_is_retried() {
    // recipe: retry
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, PATIENT).await;
    mock.add_fault(Fault::status(503).endpoint(Endpoint::Begin).times(2)).await.unwrap();
    let _made_again = mock.expect(begin().times(3)).await.unwrap();
    let token = begun(shop).await;
    assert_eq!(mock.calls().endpoint(Endpoint::Begin).status(503).count().await.unwrap(), 2);
    assert_eq!(mock.calls().of_session(&token).status(200).count().await.unwrap(), 1);
    // end
}

#[tokio::test]
async fn a_slow_response_times_out() {
    // recipe: time-out
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, Duration::from_millis(200)).await;
    let token = begun(shop).await;
    mock.add_fault(Fault::delay(Duration::from_secs(3600)).endpoint(Endpoint::Result).times(3)).await.unwrap();
    assert_eq!(verdict(shop, &token).await, "504");
    mock.finish(&token).await.unwrap();
    assert_eq!(verdict(shop, &token).await, "APPROVED");
    // end
}

#[tokio::test]
async fn parallel_tests_do_not_notice_each_other() {
    // recipe: parallel
    // Or one mock for each test: it starts within milliseconds.
    let anybody = |config: &mut Config| config.any_company_key = Some(Company::new("test-*"));
    let mock = MockServer::builder().settings(anybody).start().await.unwrap();
    let tests = [Outcome::Approved, Outcome::Rejected, Outcome::ManualCheck].map(async |outcome| {
        let company = mock.company(format!("test-{outcome}"));
        let shop = new_shop(&company, PATIENT).await;
        let token = begun(shop).await;
        mock.finish_as(&token, outcome).await.unwrap();
        assert_eq!(verdict(shop, &token).await, outcome.as_str());
        assert_eq!(company.calls().count().await.unwrap(), 2);
    });
    let [one, two, three] = tests;
    tokio::join!(one, two, three);
    // end
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_minutes_takes_a_moment() {
    // recipe: paused-time
    // With `#[tokio::test(start_paused = true)]`. The mock starts in this runtime, so its delays follow the paused time.
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, Duration::from_secs(5 * 60)).await;
    let token = begun(shop).await;
    let slow = Fault::delay(Duration::from_secs(3600)).endpoint(Endpoint::Result).times(3);
    mock.add_fault(slow).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(verdict(shop, &token).await, "504");
    assert!(began.elapsed() >= Duration::from_secs(15 * 60), "three times five minutes");
    // end
}

#[tokio::test]
async fn the_person_comes_back_to_the_shop() {
    // recipe: return-url
    let with_token = |config: &mut Config| config.return_url_token = true;
    let mock = MockServer::builder().settings(with_token).start().await.unwrap();
    let shop = new_shop(&mock, PATIENT).await;
    let token = begun(shop).await;
    mock.finish(&token).await.unwrap();
    // The browser goes to the page of the shop that the session names.
    assert_eq!(mock.follow_return_url(&token).await.unwrap(), 200);
    assert_eq!(mock.calls().of_session(&token).endpoint(Endpoint::Result).count().await.unwrap(), 1);
    // end
}

#[tokio::test]
async fn an_unfinished_session_expires() {
    // recipe: expiry
    let mock = MockServer::start().await;
    let shop = new_shop(&mock, PATIENT).await;
    let _kept = mock.expect(delete().never()).await.unwrap();
    let token = begun(shop).await;
    mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    mock.wait_for(&token).expired().await.unwrap();
    assert_eq!(verdict(shop, &token).await, "EXPIRED");
    // end
}
