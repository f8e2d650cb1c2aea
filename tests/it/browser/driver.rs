//! A headless Chromium, driven as a person would: what it logged and what it asked for is kept.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::harness::free_port;

/// How long one step may take; the answer of a real model on a busy machine is the longest.
const PATIENCE: Duration = Duration::from_mins(4);

/// A browser with one page; it ends when it is dropped.
pub struct Browser {
    /// The page.
    pub page: Client,
    driver: Child,
    driver_url: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one.
    pub async fn start() -> Self {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed; `cargo xtask test` installs it");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "chromedriver does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let profile = tempfile::tempdir().expect("a folder");
        let driver_url = format!("http://127.0.0.1:{port}");
        let Value::Object(capabilities) = capabilities(profile.path()) else { unreachable!() };
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver_url)
            .await
            .expect("Chromium starts");
        Self { page, driver, driver_url, _profile: profile }
    }

    /// Waits for an element.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no `{css}`: {error}\n{}", self.text().await),
        }
    }

    /// Waits for an element and clicks it.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        if let Err(error) = element.click().await {
            panic!("`{css}` cannot be clicked: {error}\n{}", self.text().await);
        }
    }

    /// Waits until a script's condition holds.
    pub async fn wait_until(&self, condition: &str) {
        let started = Instant::now();
        loop {
            let holds = self.page.execute(&format!("return !!({condition})"), vec![]).await;
            if matches!(holds, Ok(Value::Bool(true))) {
                return;
            }
            let in_time = started.elapsed() <= PATIENCE;
            assert!(in_time, "never came true: {condition}\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gives the page's words, for messages.
    pub async fn text(&self) -> String {
        let text = self.page.execute("return document.body.innerText", vec![]).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Gives what the browser wrote into one of its logs since the last call.
    pub async fn log(&self, kind: &str) -> Vec<Value> {
        let session = self.page.session_id().await.expect("it answers").expect("a session");
        let url = format!("{}/session/{session}/se/log", self.driver_url);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let body = json!({ "type": kind }).to_string();
        let reply = client.post(url).body(body).send().await.expect("chromedriver answers");
        let reply = reply.text().await.expect("text");
        let reply: Value = serde_json::from_str(&reply).expect("JSON");
        reply["value"].as_array().expect("a list of entries").clone()
    }

    /// Gives the addresses that the page asked for.
    pub async fn requested_urls(&self) -> Vec<String> {
        let entries = self.log("performance").await;
        let url = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let is_request = message["method"] == "Network.requestWillBeSent";
            is_request.then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        entries.iter().filter_map(url).collect()
    }

    /// Closes the page and ends the browser.
    pub async fn close(self) {
        self.page.clone().close().await.expect("it closes");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.driver.kill();
        let _status = self.driver.wait();
    }
}

fn capabilities(profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    json!({
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1400,900",
                profile,
            ],
        },
    })
}
