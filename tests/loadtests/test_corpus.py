"""The corpus: its size, its mix, that queries are functions of (seed, n), and that its oracle is right by meaning."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import wordllama

from ainp_harness.promises.corpus import MIX, REPEATED_TEXTS, ZIPF_EXPONENT, ZIPF_TEXTS, Corpus, QueryClass, QueryMix, load_corpus
from ainp_harness.promises.targets import load_targets
from ainp_harness.promises.toml_files import PromiseError

MIN_SIMILARITY = 0.3
ANSWERS = 10
"""What a broker finds at least, and how many it gives (docs/surface-v1.md)."""


@pytest.fixture(scope="module")
def mix(corpus: Corpus) -> QueryMix:
    return QueryMix(corpus, "seed")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


def test_there_are_enough_capabilities_in_enough_domains(corpus: Corpus) -> None:
    assert len(corpus.capabilities) >= 100
    assert len({capability.domain for capability in corpus.capabilities}) >= 12
    assert len({capability.domain for capability in corpus.first(12).capabilities}) == 12


def test_the_mix_is_that_of_the_targets(mix: QueryMix) -> None:
    assert dict(MIX) == load_targets().query_mix
    queries = [mix.query(n) for n in range(10_000)]
    share = {name: count / len(queries) for name, count in Counter(query.query_class for query in queries).items()}
    assert share == pytest.approx(dict(MIX), abs=0.02)


def test_unique_queries_are_unique_and_repeated_ones_are_ten(mix: QueryMix) -> None:
    queries = [mix.query(n) for n in range(20_000)]
    texts = {name: [query.text for query in queries if query.query_class is name] for name in QueryClass}
    assert len(set(texts[QueryClass.UNIQUE])) == len(texts[QueryClass.UNIQUE])
    assert len(set(texts[QueryClass.REPEATED])) == REPEATED_TEXTS
    assert len(set(texts[QueryClass.ZIPF])) <= ZIPF_TEXTS
    assert not set(texts[QueryClass.UNIQUE]) & {*texts[QueryClass.ZIPF], *texts[QueryClass.REPEATED]}


def test_zipf_texts_follow_the_law(mix: QueryMix) -> None:
    counts = Counter(query.text for n in range(60_000) if (query := mix.query(n)).query_class is QueryClass.ZIPF)
    (_, first), (_, second) = counts.most_common(2)
    assert first / second == pytest.approx(2**ZIPF_EXPONENT, rel=0.2)


def test_a_query_depends_on_seed_and_number_alone(corpus: Corpus) -> None:
    forward = [QueryMix(corpus, "seed").query(n) for n in range(50)]
    assert [QueryMix(corpus, "seed").query(n) for n in reversed(range(50))][::-1] == forward
    assert [QueryMix(corpus, "other").query(n) for n in range(50)] != forward


def test_queries_ask_for_seeded_agents_only(corpus: Corpus) -> None:
    seeded = QueryMix(corpus.first(7), "seed")
    assert {seeded.query(n).answer for n in range(2_000)} == set(range(7))


def test_two_capabilities_with_one_ask_are_refused(tmp_path: Path) -> None:
    (tmp_path / "phrasing.toml").write_text('format = 1\nopeners = [""]\njoints = ["or"]\ndetails = [""]\n')
    entry = '{ text = "Does something useful", tags = ["a"], asks = ["do it"] }'
    (tmp_path / "capabilities.toml").write_text(f'format = 1\n[[domain]]\nname = "x"\ncapabilities = [\n{entry},\n{entry},\n]\n')
    with pytest.raises(PromiseError, match="two answers"):
        load_corpus(tmp_path)


def test_a_small_embedding_model_finds_what_the_oracle_says(corpus: Corpus) -> None:
    """Every ask, alone and joined, with every opener and detail once: over the broker's least similarity and among its answers."""
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    capabilities = model.embed([capability.text for capability in corpus.capabilities], norm=True)
    # A step that shares no factor with openers x details walks through all of their combinations.
    queries = [corpus.text(index) for index in range(0, len(corpus), 197)]
    scores = model.embed([text for text, _ in queries], norm=True) @ capabilities.T
    for (text, answer), row in zip(queries, scores, strict=True):
        assert row[answer] >= MIN_SIMILARITY, f"{text!r} is not like {corpus.capabilities[answer].text!r}"
        assert (row > row[answer]).sum() < ANSWERS, f"{text!r} finds {ANSWERS} others before {corpus.capabilities[answer].text!r}"
