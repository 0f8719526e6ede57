"""The smallest units of currencies: how many decimals an amount has that is written in them.

From ISO 4217's list one as SIX published it on 2026-01-01; those that were withdrawn since 2010 are of its list three.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrib_cli.engine.source_spec import CurrencyScale

_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL
"""
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BYR",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_AT_STRIPE = {"MGA": 0, "ISK": 2, "UGX": 2}
"""What Stripe's API counts otherwise (docs.stripe.com/currencies, zero-decimal currencies and special cases)."""

_ISO = dict.fromkeys(_TWO.split(), 2) | {code: n for n, codes in _OTHERS.items() for code in codes.split()}

DECIMALS: Mapping[CurrencyScale, Mapping[str, int]] = MappingProxyType(
    {"smallest unit": MappingProxyType(_ISO), "stripe": MappingProxyType(_ISO | _AT_STRIPE)}
)
"""The decimals of amounts by whose units they are in, and by the currency's three letters."""


def units(scale: CurrencyScale) -> Mapping[Decimal, tuple[str, ...]]:
    """Return the currencies whose smallest unit is worth so much of the currency, by that worth, the fewest first."""
    found: dict[Decimal, tuple[str, ...]] = {}
    for code, decimals in sorted(DECIMALS[scale].items()):
        worth = Decimal(1).scaleb(-decimals)
        found[worth] = (*found.get(worth, ()), code)
    return dict(sorted(found.items(), key=lambda one: (len(one[1]), one[0])))
