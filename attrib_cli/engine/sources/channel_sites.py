"""The larger sites of each kind that GA4's default channel group tells apart: search, social, shopping, video."""

from __future__ import annotations

SEARCH = ("google", "bing", "yahoo", "duckduckgo", "baidu", "yandex", "ecosia", "qwant", "naver", "seznam", "aol", "ask")
SOCIAL = ("facebook", "instagram", "linkedin", "twitter", "t.co", "pinterest", "reddit", "tiktok", "snapchat", "quora")
SHOPPING = ("amazon", "ebay", "etsy", "walmart", "alibaba", "shopify")
VIDEO = ("youtube", "vimeo", "dailymotion", "twitch", "netflix", "hulu")
LATER: dict[str, tuple[str, ...]] = {"search": (), "social": (), "shopping": (), "video": ()}
