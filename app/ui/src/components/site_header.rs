//! The line on top of every page.

use leptos::prelude::*;
use leptos_router::components::A;

use super::theme_toggle::ThemeToggle;

/// Leads home, to the models and to the tools, and changes the theme.
#[component]
pub fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-header">
            <a class="brand" href="/" aria-label="Quire, all collections">
                <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
                    <path d="M6 4h13a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7H6z" fill="currentColor" opacity=".18"/>
                    <path d="M10 10h11M10 15h11M10 20h7" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>
                    <circle cx="24" cy="24" r="4.5" fill="currentColor"/>
                </svg>
                <span>"Quire"</span>
            </a>
            <nav aria-label="Site">
                <A href="/models">"Models"</A>
                <A href="/tools">"Tools"</A>
                <a href="/api/docs" rel="external">"API"</a>
            </nav>
            <ThemeToggle/>
        </header>
    }
    .into_any()
}
