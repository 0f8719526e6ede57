"""Deals and contacts that name a company alone: a deal is of all contacts of its company, which is asked."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import attrib_here

from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.propose import propose

CONTACTS = [("C1", "a@x.example", 7), ("C2", "b@x.example", 7), ("C3", "c@x.example", 8), ("C4", "d@x.example", None)]
DEALS = [("D1", "100.00", "7"), ("D2", "30.00", "8"), ("D3", "5.00", ""), ("D4", "900.00", "7; 8")]
TOUCHES = [
    ("A@x.example", 1, "cpc"),
    ("b@x.example", 2, "email"),
    ("c@x.example", 3, "cpc"),
    ("d@x.example", 3, "social"),
]


def write(folder: Path, deals: list[tuple[str, str, str]], *, parquet: bool) -> None:
    names = ("Contact ID", "Email", "Company", "Create Date")
    if parquet:
        columns = [*zip(*CONTACTS, strict=True), ["2025-01-01 08:00"] * len(CONTACTS)]
        pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), folder / "contacts.parquet")
    else:
        rows = [f"{id_},{email},{company or ''},2025-01-01 08:00" for id_, email, company in CONTACTS]
        (folder / "contacts.csv").write_text("\n".join([",".join(names), *rows, ""]))
    rows = [f"{id_},{amount},{company},Closed Won,2026-02-01 10:00" for id_, amount, company in deals]
    head = "Deal ID,Amount,Associated Company,Deal Stage,Close Date"
    (folder / "deals.csv").write_text("\n".join([head, *rows, ""]))
    rows = [f"{email},2026-01-0{day} 09:00,{medium}" for email, day, medium in TOUCHES]
    (folder / "touches.csv").write_text("\n".join(["email,timestamp,utm_medium", *rows, ""]))


def test_a_column_that_too_many_contacts_have_in_common_is_of_no_companies(tmp_path: Path) -> None:
    people = [f"C{i},p{i}@x.example,{'DE' if i % 2 else 'FR'},Ann,2025-01-01" for i in range(50)]
    head = "Contact ID,Email,Company Country,Account Owner,Create Date"
    (tmp_path / "contacts.csv").write_text("\n".join([head, *people, ""]))
    head = "Deal ID,Amount,Company Country,Account Owner,Deal Stage,Close Date"
    (tmp_path / "deals.csv").write_text(
        f"{head}\nD1,5,DE,Ann,Closed Won,2026-02-01\nD2,5,FR,Ann,Closed Won,2026-02-01\n"
    )
    assert "deal_contacts" not in propose([tmp_path], tmp_path, Answers()).plans


@pytest.mark.parametrize("parquet", [False, True])
def test_a_deal_is_of_all_contacts_of_its_company(tmp_path: Path, parquet: bool) -> None:
    write(tmp_path, DEALS[:3] if parquet else DEALS, parquet=parquet)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "whose are the deals? Nothing says it but their company, 'Associated Company'" in done.stderr
    rows = sorted(line.split(",")[0:3:2] for line in done.stdout.splitlines()[1:])
    # D1 has touches of C1 and C2, D2 one of C3, D3 has no company; D4, of both companies, has all three
    expected = [["(unattributed)", "5"], ["cpc", "80"], ["email", "50"]]
    if not parquet:
        expected = [["(unattributed)", "5"], ["cpc", "680"], ["email", "350"]]
    assert rows == expected
