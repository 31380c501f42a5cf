//! The example `saas`, used in a real browser with scripts disabled.
//!
//! The test needs Chromium and its driver (Debian: `chromium`, `chromium-driver`). If they are not installed, it is
//! skipped, or fails if `BROWSER_REQUIRED` is set. `SCREENSHOT=1` writes `saas/screenshot.png`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::support;

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use polar_client::reqwest;
use serde_json::json;

/// Longer than any page takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A process that is stopped at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_customer_buys_seats_and_cancels() {
    let Some(driver) = found("chromedriver") else {
        let is_required = env::var_os("BROWSER_REQUIRED").is_some();
        assert!(!is_required, "chromedriver is not installed");
        eprintln!("SKIPPED: chromedriver is not installed (Debian: chromium, chromium-driver)");
        return;
    };
    let (_shop, shop) = shop();
    let (_driver, browser) = browser(&driver).await;
    let visit = Visit { browser, shop };
    let result = visit.buy_and_cancel().await;
    let closed = visit.browser.close().await;
    result.unwrap();
    closed.unwrap();
}

struct Visit {
    browser: Client,
    shop: String,
}

type Done = Result<(), fantoccini::error::CmdError>;

impl Visit {
    async fn buy_and_cancel(&self) -> Done {
        self.browser.goto(&self.shop).await?;
        self.reads("Choose Team").await?;
        self.keep_screenshot().await?;

        self.fill("seats", "2").await?;
        self.press("Choose Team").await?;
        self.reads("Sign in").await?;
        self.fill("email", "ada@example.com").await?;
        self.press("Continue").await?;

        self.reads("Team plan, 2 seats: $18 a month").await?;
        self.press("Pay $18").await?;
        self.reads("Thank you").await?;
        self.follow("Go to your account").await?;
        self.reads("Renews on").await?;
        self.reads("Shared reports").await?;

        self.follow("Seats").await?;
        self.reads("1 of 2 seats taken").await?;
        self.fill("email", "grace@example.com").await?;
        self.press("Give a seat").await?;
        self.reads("All seats are taken").await?;
        self.reads("grace@example.com").await?;

        self.follow("Usage").await?;
        self.reads("0 of 100 used").await?;
        self.press("Make a report").await?;
        self.reads("10 of 100 used").await?;

        self.follow("Invoices").await?;
        self.reads("Team plan, 2 seats").await?;
        let pdf = self.browser.find(Locator::LinkText("PDF")).await?;
        let address = pdf.attr("href").await?.unwrap();
        self.check_invoice(&address).await?;

        self.follow("Account").await?;
        self.follow("Payment method and billing details").await?;
        self.reads("customer portal").await?;
        self.follow("Back to Lumen").await?;
        self.follow("Cancel plan").await?;
        self.reads("not charged again").await?;
        self.press("Cancel my plan").await?;
        self.reads("Cancelled").await?;
        self.press("Keep my plan").await?;
        self.reads("Renews on").await
    }

    /// Waits until the page contains this text, and checks the rules that apply to all pages.
    async fn reads(&self, text: &str) -> Done {
        let start = Instant::now();
        loop {
            let body = self.browser.find(Locator::Css("body")).await;
            // A page that is reloading has no body for a moment.
            let shown = match body {
                Ok(body) => body.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if shown.contains(text) {
                return self.is_accessible().await;
            }
            assert!(start.elapsed() < TIMEOUT, "no `{text}` in:\n{shown}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Checks that the page has one main heading, a title, a language, and a label for every input.
    async fn is_accessible(&self) -> Done {
        let address = self.browser.current_url().await?;
        let headings = self.browser.find_all(Locator::Css("h1")).await?;
        assert_eq!(headings.len(), 1, "headings of {address}");
        assert!(
            !self.browser.title().await?.is_empty(),
            "title of {address}"
        );
        self.browser.find(Locator::Css("html[lang]")).await?;
        let inputs = Locator::Css("input:not([type=hidden])");
        for input in self.browser.find_all(inputs).await? {
            let id = input.attr("id").await?.unwrap_or_default();
            let label = format!("label[for='{id}']");
            let labels = self.browser.find_all(Locator::Css(&label)).await?;
            assert_eq!(labels.len(), 1, "labels of `{id}` on {address}");
        }
        Ok(())
    }

    async fn fill(&self, name: &str, text: &str) -> Done {
        let field = format!("input[name='{name}']");
        let field = self.browser.find(Locator::Css(&field)).await?;
        field.clear().await?;
        field.send_keys(text).await
    }

    async fn press(&self, text: &str) -> Done {
        let button = format!("//button[normalize-space()='{text}']");
        self.browser
            .find(Locator::XPath(&button))
            .await?
            .click()
            .await
    }

    async fn follow(&self, text: &str) -> Done {
        self.browser
            .find(Locator::LinkText(text))
            .await?
            .click()
            .await
    }

    /// Downloads the invoice with the session of the browser.
    async fn check_invoice(&self, path: &str) -> Done {
        let session = self.browser.get_named_cookie("session").await?;
        let request = reqwest::Client::new()
            .get(format!("{}{path}", self.shop))
            .header("cookie", format!("session={}", session.value()));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/pdf");
        assert!(response.bytes().await.unwrap().starts_with(b"%PDF-"));

        let stranger = reqwest::get(format!("{}{path}", self.shop)).await.unwrap();
        assert_eq!(
            stranger.headers()["content-type"],
            "text/html; charset=utf-8"
        );
        Ok(())
    }

    async fn keep_screenshot(&self) -> Done {
        if env::var_os("SCREENSHOT").is_some() {
            let picture = self.browser.screenshot().await?;
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("saas/screenshot.png");
            std::fs::write(path, picture).unwrap();
        }
        Ok(())
    }
}

/// Starts the example, and returns its address.
fn shop() -> (Running, String) {
    let mut command = support::example("saas");
    command.env("ADDRESS", "127.0.0.1:0").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let running = Running(child);
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("open ").unwrap().to_owned();
    (running, address)
}

/// Starts the driver and a browser of the size of a small laptop.
async fn browser(driver: &Path) -> (Running, Client) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let driver = Command::new(driver)
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .spawn();
    let driver = Running(driver.unwrap());
    let capabilities = json!({"goog:chromeOptions": {
        "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1000,900"],
        "prefs": {"profile.managed_default_content_settings.javascript": 2},
    }});
    let address = format!("http://127.0.0.1:{port}");
    let start = Instant::now();
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let capabilities = capabilities.as_object().unwrap().clone();
        match builder.capabilities(capabilities).connect(&address).await {
            Ok(client) => return (driver, client),
            Err(error) => assert!(start.elapsed() < TIMEOUT, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Finds a program in `PATH`.
fn found(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}
