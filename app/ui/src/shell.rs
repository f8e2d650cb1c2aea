//! The document around the app: what the server sends before and after it.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;
use crate::response_headers::set_content_security_policy;

/// Renders the whole document; everything it loads lies under the package folder of `options`.
///
/// `theme.js` runs before the first paint, so that a chosen theme never flashes; `start.js` names
/// the program by its hash and starts it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    set_content_security_policy();
    let asset = move |name: &str| format!("/{}/{name}", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href=asset("favicon.svg")/>
                <link rel="stylesheet" href=asset("quire.css")/>
                <script src=asset("theme.js")></script>
                <script type="module" src=asset("start.js")></script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
