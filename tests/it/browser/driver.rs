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
    /// Starts one at an address, and waits until the page answers.
    pub async fn open(url: &str) -> Self {
        let browser = Self::start().await;
        browser.page.goto(url).await.expect("the page opens");
        browser.wait_until_alive().await;
        browser
    }

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

    /// Types into an element in place of what stands in it.
    pub async fn write(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        element.clear().await.expect("it can be emptied");
        element.send_keys(text).await.expect("it takes text");
    }

    /// Waits until the program has taken the page over: only then do clicks do something.
    pub async fn wait_until_alive(&self) {
        let started = Instant::now();
        let theme = "return document.documentElement.dataset.theme ?? ''";
        let before = self.page.execute(theme, vec![]).await.expect("it runs");
        loop {
            self.click(".site-header .icon-button").await;
            if self.page.execute(theme, vec![]).await.expect("it runs") != before {
                return;
            }
            let in_time = started.elapsed() <= PATIENCE;
            assert!(in_time, "the program does not start: {:#?}", self.log("browser").await);
        }
    }

    /// Makes a collection from the first page, and waits until it is open.
    pub async fn create_collection(&self, name: &str) {
        self.click(".page-heading .button.primary").await;
        self.write("dialog[open] input[name=name]", name).await;
        self.click("dialog[open] button[type=submit]").await;
        self.wait_until(&format!("decodeURI(location.pathname) === '/c/{name}'")).await;
    }

    /// Asserts that nothing failed inside the page and that it asked nobody but the server.
    pub async fn assert_calm(&self, server: &str) {
        let own = format!("{server}/");
        // The browser opens a page of its own first, under `chrome:`.
        for url in self.requested_urls().await.iter().filter(|url| !url.starts_with("chrome:")) {
            assert!(url.starts_with(&own) || url.starts_with("data:"), "the page asked for {url}");
        }
        let mut errors = self.log("browser").await;
        errors.retain(|entry| entry["level"] == "SEVERE");
        assert!(errors.is_empty(), "{errors:#?}");
    }

    /// Waits until a script's condition holds.
    pub async fn wait_until(&self, condition: &str) {
        let started = Instant::now();
        loop {
            if self.holds(condition).await {
                return;
            }
            let in_time = started.elapsed() <= PATIENCE;
            assert!(in_time, "never came true: {condition}\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Opens an address anew until a script's condition holds.
    pub async fn reopen_until(&self, url: &str, condition: &str) {
        let started = Instant::now();
        loop {
            self.page.goto(url).await.expect("it opens");
            if self.holds(condition).await {
                return;
            }
            let in_time = started.elapsed() <= PATIENCE;
            assert!(in_time, "never came true: {condition}\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Returns whether a script's condition holds.
    pub async fn holds(&self, condition: &str) -> bool {
        let holds = self.page.execute(&format!("return !!({condition})"), vec![]).await;
        matches!(holds, Ok(Value::Bool(true)))
    }

    /// Gives the page's words, for messages.
    pub async fn text(&self) -> String {
        let text = self.page.execute("return document.body.innerText", vec![]).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Gives what the browser wrote into one of its logs since the last call.
    async fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.ask_driver("se/log", &json!({ "type": kind })).await;
        entries.as_array().expect("a list of entries").clone()
    }

    /// Drags files and folders over the top of an element and drops them, as from the desktop.
    pub async fn drop_files(&self, css: &str, paths: &[&Path]) {
        let (x, y, width, _height) =
            self.find(css).await.rectangle().await.expect("it has a place on the page");
        let paths: Vec<&str> = paths.iter().filter_map(|path| path.to_str()).collect();
        for kind in ["dragEnter", "dragOver", "drop"] {
            let params = json!({
                "type": kind,
                "x": x + width / 2.0,
                "y": y + 20.0,
                "data": { "items": [], "files": paths, "dragOperationsMask": 1 },
            });
            let command = json!({ "cmd": "Input.dispatchDragEvent", "params": params });
            self.ask_driver("goog/cdp/execute", &command).await;
        }
    }

    /// Asks chromedriver for what the standard does not have.
    async fn ask_driver(&self, command: &str, body: &Value) -> Value {
        let session = self.page.session_id().await.expect("it answers").expect("a session");
        let url = format!("{}/session/{session}/{command}", self.driver_url);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let reply = client.post(url).body(body.to_string()).send().await;
        let reply = reply.expect("chromedriver answers").text().await.expect("text");
        let mut reply: Value = serde_json::from_str(&reply).expect("JSON");
        assert!(reply["value"].get("error").is_none(), "{command}: {reply}");
        reply["value"].take()
    }

    /// Gives the addresses that the page asked for.
    async fn requested_urls(&self) -> Vec<String> {
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
