//! Logging in, staying logged in, logging out.

use std::time::Duration;

use axum::http::{Method, header};
use patchbay_core::notice::Notice;
use patchbay_http::Claims;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::{PASSWORD, World};

both_engines! {
    a_login_gives_tokens_and_cookies;
    a_wrong_password_and_an_unknown_address_look_the_same;
    a_refresh_token_works_once_and_its_reuse_ends_the_login;
    a_refresh_token_ends_after_thirty_days;
    logging_out_ends_every_token_of_the_login;
    five_failures_close_an_account_for_a_minute;
    five_failures_close_an_address_for_every_account;
    a_cookie_refreshes_only_from_our_pages;
    a_deactivated_user_is_out_at_once;
    a_changed_role_counts_for_tokens_that_are_out;
    a_changed_password_ends_other_logins;
    a_token_without_a_user_says_who_it_is;
}

async fn a_login_gives_tokens_and_cookies(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &["support", "sales"]).await;
    let answer = world.login(" Maya@Demo.Test ", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["expires_in"], 8 * 3600);
    assert_eq!(answer.text("/user/email"), "maya@demo.test");
    assert_eq!(answer.text("/user/role"), "support_agent");
    assert_eq!(answer.text("/user/teams/0/slug"), "sales");
    assert!(!answer.body.to_string().contains("argon2"));
    let cookies: Vec<_> =
        answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().expect("readable")).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies.iter().all(|cookie| cookie.contains("; HttpOnly; SameSite=Strict")), "{cookies:?}");
    assert!(cookies[0].contains("; Path=/;") && cookies[1].contains("; Path=/api/v1/auth;"), "{cookies:?}");

    let me = world.get("/api/v1/me").bearer(answer.text("/access_token")).send().await;
    assert_eq!(me.text("/user/email"), "maya@demo.test");
    assert!(me.body["permissions"].as_array().expect("a list").contains(&json!("conversations.take")));
    let by_cookie = world.get("/api/v1/me").header("cookie", &answer.cookies()).send().await;
    assert_eq!(by_cookie.status, 200);
}

async fn a_wrong_password_and_an_unknown_address_look_the_same(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    let wrong = world.login("maya@demo.test", "not the password").await;
    let unknown = world.login("nobody@demo.test", "not the password").await;
    for answer in [&wrong, &unknown] {
        assert_eq!((answer.status, answer.code()), (401, "INVALID_CREDENTIALS"));
        assert!(answer.headers.get(header::SET_COOKIE).is_none());
    }
    assert_eq!(wrong.text("/error/message"), unknown.text("/error/message"));
}

async fn a_refresh_token_works_once_and_its_reuse_ends_the_login(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &["support"]).await;
    let mut notices = world.hub.db.signals().notices();
    let first = world.login("maya@demo.test", PASSWORD).await;
    let refresh = |token: String| world.post("/api/v1/auth/refresh").json(json!({ "refresh_token": token })).send();
    let second = refresh(first.text("/refresh_token").to_owned()).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.text("/refresh_token"), first.text("/refresh_token"));
    assert_eq!(world.get("/api/v1/me").bearer(second.text("/access_token")).send().await.status, 200);

    let reused = refresh(first.text("/refresh_token").to_owned()).await;
    assert_eq!((reused.status, reused.code()), (401, "INVALID_AUTH_TOKEN"));
    let after = refresh(second.text("/refresh_token").to_owned()).await;
    assert_eq!(after.status, 401, "the whole family is revoked");
    for token in [first.text("/access_token"), second.text("/access_token")] {
        let me = world.get("/api/v1/me").bearer(token).send().await;
        assert_eq!((me.status, me.code()), (401, "INVALID_AUTH_TOKEN"));
    }
    let mut told = false;
    while let Ok(notice) = notices.try_recv() {
        told |= matches!(notice, Notice::SessionRevoked { .. });
    }
    assert!(told, "sockets are told");
    assert_eq!(world.login("maya@demo.test", PASSWORD).await.status, 200, "a new login is not touched");
}

async fn a_refresh_token_ends_after_thirty_days(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    let login = world.login("maya@demo.test", PASSWORD).await;
    world.advance(Duration::from_hours(9));
    assert_eq!(world.get("/api/v1/me").bearer(login.text("/access_token")).send().await.status, 401);
    world.advance(Duration::from_hours(30 * 24));
    let late = world.post("/api/v1/auth/refresh").json(json!({ "refresh_token": login.text("/refresh_token") }));
    assert_eq!(late.send().await.status, 401);
}

async fn logging_out_ends_every_token_of_the_login(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    let here = world.login("maya@demo.test", PASSWORD).await;
    let elsewhere = world.login("maya@demo.test", PASSWORD).await;
    let out = world.post("/api/v1/auth/logout").bearer(here.text("/access_token")).send().await;
    assert_eq!(out.status, 204);
    let cleared: Vec<_> =
        out.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().expect("readable")).collect();
    assert!(cleared.len() == 2 && cleared.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cleared:?}");
    assert_eq!(world.get("/api/v1/me").bearer(here.text("/access_token")).send().await.status, 401);
    let refresh = world.post("/api/v1/auth/refresh").json(json!({ "refresh_token": here.text("/refresh_token") }));
    assert_eq!(refresh.send().await.status, 401);
    assert_eq!(world.get("/api/v1/me").bearer(elsewhere.text("/access_token")).send().await.status, 200);
    assert_eq!(world.post("/api/v1/auth/logout").send().await.status, 401, "nobody cannot log out");
}

async fn five_failures_close_an_account_for_a_minute(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    for attempt in 0..5 {
        let body = json!({ "email": "maya@demo.test", "password": "guess" });
        let guess = world.post("/api/v1/auth/login").json(body).from(&format!("198.51.100.{attempt}")).send().await;
        assert_eq!(guess.status, 401);
    }
    let right = world.login("maya@demo.test", PASSWORD).await;
    assert_eq!((right.status, right.code()), (429, "RATE_LIMITED"));
    let wait: u64 = right
        .headers
        .get("retry-after")
        .expect("it is there")
        .to_str()
        .expect("readable")
        .parse()
        .expect("it is there");
    assert!((1..=61).contains(&wait));
    world.advance(Duration::from_secs(wait));
    assert_eq!(world.login("maya@demo.test", PASSWORD).await.status, 200);
}

async fn five_failures_close_an_address_for_every_account(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    for attempt in 0..5 {
        assert_eq!(world.login(&format!("nobody{attempt}@demo.test"), "guess").await.status, 401);
    }
    assert_eq!(world.login("maya@demo.test", PASSWORD).await.status, 429);
    let body = json!({ "email": "maya@demo.test", "password": PASSWORD });
    let elsewhere = world.post("/api/v1/auth/login").json(body).from("203.0.113.9").send().await;
    assert_eq!(elsewhere.status, 200);
}

async fn a_cookie_refreshes_only_from_our_pages(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("maya@demo.test", "support_agent", &[]).await;
    let cookies = world.login("maya@demo.test", PASSWORD).await.cookies();
    let refresh = || world.post("/api/v1/auth/refresh").header("cookie", &cookies);
    let elsewhere = refresh().header("origin", "https://evil.test").send().await;
    assert_eq!((elsewhere.status, elsewhere.code()), (403, "ORIGIN_NOT_ALLOWED"));
    assert_eq!(refresh().send().await.status, 403, "no origin is no proof");
    let ours = refresh().header("origin", "http://patchbay.test").send().await;
    assert_eq!(ours.status, 200, "{}", ours.body);
    let evil_logout = world.post("/api/v1/auth/logout").header("cookie", &ours.cookies());
    assert_eq!(evil_logout.header("origin", "https://evil.test").send().await.status, 403);
    let logout = world.post("/api/v1/auth/logout").header("cookie", &ours.cookies());
    assert_eq!(logout.header("origin", "https://console.test").send().await.status, 204);
    assert_eq!(world.get("/api/v1/me").header("cookie", &ours.cookies()).send().await.status, 401);
}

async fn a_deactivated_user_is_out_at_once(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("maya@demo.test", "support_agent", &["support"]).await;
    let login = world.login("maya@demo.test", PASSWORD).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("a text"));
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((gone.status, gone.body["is_active"].as_bool()), (200, Some(false)), "{}", gone.body);
    assert_eq!(world.get("/api/v1/me").bearer(login.text("/access_token")).send().await.status, 401);
    let refresh = world.post("/api/v1/auth/refresh").json(json!({ "refresh_token": login.text("/refresh_token") }));
    assert_eq!(refresh.send().await.status, 401);
    assert_eq!(world.login("maya@demo.test", PASSWORD).await.status, 401);
}

async fn a_changed_role_counts_for_tokens_that_are_out(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("maya@demo.test", "support_agent", &[]).await;
    let login = world.login("maya@demo.test", PASSWORD).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("a text"));
    let change = json!({ "role": "supervisor", "teams": ["sales"] });
    assert_eq!(world.ask(Method::PATCH, &path).bearer(&world.admin()).json(change).send().await.status, 200);
    let me = world.get("/api/v1/me").bearer(login.text("/access_token")).send().await;
    assert_eq!((me.text("/user/role"), me.text("/user/teams/0/slug")), ("supervisor", "sales"));
}

async fn a_changed_password_ends_other_logins(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("maya@demo.test", "support_agent", &[]).await;
    let login = world.login("maya@demo.test", PASSWORD).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("a text"));
    let change = json!({ "password": "another long one" });
    assert_eq!(world.ask(Method::PATCH, &path).bearer(&world.admin()).json(change).send().await.status, 200);
    assert_eq!(world.get("/api/v1/me").bearer(login.text("/access_token")).send().await.status, 401);
    assert_eq!(world.login("maya@demo.test", PASSWORD).await.status, 401);
    assert_eq!(world.login("maya@demo.test", "another long one").await.status, 200);
}

async fn a_token_without_a_user_says_who_it_is(database: TestDatabase) {
    let world = World::new(database).await;
    let sub = "0198c0de-0000-7000-8000-000000000001";
    let name = Some("Printed".to_owned());
    let token = world.token_with(Claims { sub: sub.into(), role: "team_lead".into(), name, ..Claims::default() });
    let me = world.get("/api/v1/me").bearer(&token).send().await;
    assert_eq!((me.status, me.text("/user/id"), me.text("/user/full_name")), (200, sub, "Printed"));
    assert!(me.body["user"]["email"].is_null());
}
