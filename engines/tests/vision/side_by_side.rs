//! Requests with images beside others.

use futures::future::join_all;
use quire_domain::LoadOptions;
use quire_engines::{GenerateEvent, RuntimeOptions};

use super::tiny::Sight;
use super::{Picture, Seeing, Words, answer, ask};

#[tokio::test]
async fn whoever_only_writes_goes_on_beside_images() {
    for sight in Sight::ALL {
        let model = Seeing::new(sight);
        let requests = || {
            vec![
                ask(&[Words("Only words, and more of them.")]),
                ask(&[Picture(1), Words("What?")]),
                ask(&[Words("Look at "), Picture(2), Words(" and "), Picture(3), Words("!")]),
                ask(&[Words("Other words.")]),
                ask(&[Picture(1), Words("Why?")]),
            ]
        };
        let generator = model.load().await;
        let mut alone = Vec::new();
        for request in requests() {
            alone.push(answer(&*generator, request).await);
        }
        // Room for all of them, and room for few at a time.
        for context_tokens in [2048, 300] {
            let options = RuntimeOptions {
                load: LoadOptions::of_context(context_tokens),
                ..RuntimeOptions::default()
            };
            let generator = model.load_with(options).await;
            let together = requests().into_iter().map(|request| answer(&*generator, request));
            for (alone, beside) in alone.iter().zip(join_all(together).await) {
                alone.assert_same(&beside, &format!("{sight:?} in {context_tokens}"));
            }
        }
    }
}

#[tokio::test]
async fn whoever_leaves_is_not_read_for() {
    let generator = Seeing::new(Sight::Plain).load().await;
    let expected = answer(&*generator, ask(&[Picture(9), Words("What?")])).await;
    for number in 0..6 {
        let parts = [Picture(number), Words("and"), Picture(number + 20), Words("What?")];
        let mut generation = generator.generate(ask(&parts)).await.expect("it begins");
        if number % 2 == 0 {
            let event = generation.recv().await.expect("it starts");
            assert!(matches!(event, GenerateEvent::Started { .. }));
        }
        drop(generation);
    }
    let after = answer(&*generator, ask(&[Picture(9), Words("What?")])).await;
    expected.assert_same(&after, "after those that left");
}
