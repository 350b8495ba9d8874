"""What a publication would change on the site, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.corpus import Corpus, at_metadata
from assistant.corpus.files import ARTICLE_FORMATS
from assistant.store import Snapshot
from assistant.types import Article, Finding, PublishReport


def compared(corpus: Corpus, before: Snapshot | None) -> PublishReport:
    """The articles by what becomes of each, with every finding and obstacle."""
    live = before.articles if before else {}
    new = {article.id: article for article in corpus.articles}
    obstacle = _obstacle(corpus, before)
    rejected_paths = {rejection.path for rejection in corpus.rejections}
    leaving = [
        f"{article.path} is live now and leaves the site with this publication."
        for article in live.values()
        if article.id not in new and article.path in rejected_paths and not obstacle
    ]
    same = {
        key for key in new.keys() & live.keys() if new[key].content_hash == live[key].content_hash
    }
    findings = (*corpus.findings, *_edited_since_approval(corpus, live))
    return PublishReport(
        added=tuple(sorted(new.keys() - live.keys())),
        changed=tuple(sorted((new.keys() & live.keys()) - same)),
        removed=tuple(sorted(live.keys() - new.keys())),
        unchanged=tuple(sorted(same)),
        rejected=corpus.rejections,
        warnings=(*leaving, *(str(f) for f in findings if f.severity == "warning")),
        findings=findings,
        obstacle=obstacle,
    )


def _edited_since_approval(corpus: Corpus, live: Mapping[str, Article]) -> Iterator[Finding]:
    """Nobody has approved these words: they were written after the day that the approval names."""
    for manuscript in corpus.manuscripts:
        new = manuscript.article
        old = live.get(new.id)
        if old is None or old.body == new.body:
            continue
        if (old.approved_by, old.approved_on) == (new.approved_by, new.approved_on):
            yield at_metadata(
                manuscript,
                "approved_on",
                rule="approval",
                message=f"its text has changed since it was approved on {new.approved_on}. Have it "
                "approved again and change `approved_on`",
            )


def _obstacle(corpus: Corpus, before: Snapshot | None) -> str:
    """Why there is nothing to publish; empty when there is, or when all that is live is retired.

    A folder without articles is more often a mistake than a wish to show none.
    """
    retired = {each.article_id for each in corpus.rejections if each.chosen == "retired"}
    articles = before.articles.values() if before else ()
    live = [article.path for article in articles]
    staying = [article.path for article in articles if article.id not in retired]
    if corpus.articles or (before and not staying):
        return ""
    reason = {
        0: f"The corpus holds no articles ({', '.join(ARTICLE_FORMATS)} files)",
        1: "The only article of the corpus may not go live",
    }.get(len(corpus.rejections), f"None of the {len(corpus.rejections)} articles may go live")
    if not staying:
        return f"{reason}, so there is nothing to publish."
    left = f"; it is missing in {', '.join(staying)}" if len(staying) < len(live) else ""
    return (
        f"{reason}, so there is nothing to publish. Still live: {', '.join(live)}. To take the "
        f"last articles off the site, keep their files and write `status: retired` into each{left}."
    )
