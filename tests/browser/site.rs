//! The site of a company that uses the widget. Its origin is another than the mock's.

use axum::{Router, extract::RawQuery, response::Html, routing::get};
use tokio::{net::TcpListener, task::JoinHandle};

/// Embeds what its query names as `widget`, and keeps all messages in `messages`.
const PARENT: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="icon" href="data:,">
  <title>Sample Company</title>
  <style>
    body { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; background: #fffaf0; color: #222; }
    iframe { width: 100%; height: 36rem; border: 0; }
  </style>
</head>
<body>
  <h1>Sample Company</h1>
  <p>Before you open an account, tell us who you are.</p>
  <iframe id="widget" title="Identity verification" allow="camera"></iframe>
  <script>
    const messages = [];
    addEventListener("message", ({ origin, data }) => messages.push({ origin, data }));
    const wish = new URLSearchParams(location.search);
    const widget = document.getElementById("widget");
    if (wish.has("no-camera")) widget.removeAttribute("allow");
    if (wish.has("sandbox")) widget.setAttribute("sandbox", wish.get("sandbox"));
    if (wish.has("reacts")) addEventListener("message", () => widget.remove());
    widget.src = wish.get("widget");
  </script>
</body>
</html>
"#;

/// As the live service's customers write it: the origin of the widget stands in the page.
const HARD_CODED: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <link rel="icon" href="data:,">
  <title>Sample Company</title>
</head>
<body>
  <iframe id="widget" title="Identity verification" allow="camera" width="400" height="700"></iframe>
  <p id="said">Please tell us who you are.</p>
  <script>
    const origin = "https://widget.example.com";
    const token = new URLSearchParams(location.search).get("token");
    document.getElementById("widget").src = `${origin}/?session_token=${token}`;
    addEventListener("message", (event) => {
      if (event.origin !== origin || event.data !== "DONE") return;
      document.getElementById("said").textContent = "Welcome";
      document.getElementById("widget").remove();
    });
  </script>
</body>
</html>
"#;

/// A page of somebody who means no good: it tries what a page can, and keeps what came of it in `done`.
const EVIL: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <link rel="icon" href="data:,">
  <title>Win a prize</title>
</head>
<body>
  <form id="form" method="post" target="frame"><input name="outcome" value="REJECTED"></form>
  <iframe name="frame" title="hidden"></iframe>
  <script>
    const attempt = async (url, options) => {
      try {
        const response = await fetch(url, options);
        return `${response.type} ${response.status} ${(await response.text()).length}`;
      } catch (error) {
        return error.name;
      }
    };
    const post = (url) => {
      const form = document.getElementById("form");
      form.action = url;
      const loaded = new Promise((resolve) => document.querySelector("iframe").addEventListener("load", resolve, { once: true }));
      form.submit();
      return loaded;
    };
  </script>
</body>
</html>
"#;

/// Where the browser goes at the end of a widget with a `return_url`.
const RETURN: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <link rel="icon" href="data:,">
  <title>Sample Company</title>
</head>
<body><h1>Welcome back</h1></body>
</html>
"#;

/// A running site; it stops when it is dropped.
pub(crate) struct Site {
    port: u16,
    serving: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let pages = Router::new()
            .route("/", get(Html(PARENT)))
            .route("/hard-coded", get(Html(HARD_CODED)))
            .route("/return", get(Html(RETURN)))
            .route("/showing", get(showing))
            .route("/evil", get(Html(EVIL)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("the port is bound").port();
        let serving = tokio::spawn(async { axum::serve(listener, pages).await.expect("serving never fails") });
        Self { port, serving }
    }

    /// The page that embeds that widget.
    pub(crate) fn embedding(&self, widget: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("widget", widget).finish();
        self.url(&format!("/?{query}"))
    }

    /// The page that embeds that widget, and gives it no leave for the camera.
    pub(crate) fn embedding_without_camera(&self, widget: &str) -> String {
        self.embedding(widget) + "&no-camera=1"
    }

    /// The page that embeds that widget, in a frame with that `sandbox`.
    pub(crate) fn embedding_in_sandbox(&self, widget: &str, sandbox: &str) -> String {
        format!("{}&sandbox={}", self.embedding(widget), sandbox.replace(' ', "+"))
    }

    /// The page that embeds that widget, and takes the frame away at the first message.
    pub(crate) fn embedding_until_done(&self, widget: &str) -> String {
        self.embedding(widget) + "&reacts=1"
    }

    /// A page with that HTML in it.
    pub(crate) fn showing(&self, html: &str) -> String {
        let html: String = form_urlencoded::byte_serialize(html.as_bytes()).collect();
        self.url(&format!("/showing?html={html}"))
    }

    /// An address of the site. By its name the site is cross-site for the mock, which goes by its number.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }
}

async fn showing(RawQuery(query): RawQuery) -> Html<String> {
    let query = query.unwrap_or_default();
    let html = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "html").expect("there is HTML").1;
    Html(format!("<!doctype html>\n<title>Sample Company</title>\n<link rel=\"icon\" href=\"data:,\">\n{html}"))
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
