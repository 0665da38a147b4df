"""Wars, treaties and what came of them: facts that histories confirm, named in their comments.

Facts on which histories and the sources differ by convention (the day that an alliance counts from,
when a state's part of a war was over) are left out.
"""

from __future__ import annotations

import pandas as pd
import pytest
import shipped
from golden import keyed, load, members, names

pytestmark = shipped.needed

# Side, first and last day (None: not checked), members.
WAR_SIDES = [
    ("war-cow-28-1", None, "1859-07-12", "France, Italy"),  # Villafranca; Italy: Sardinia
    ("war-cow-46-1", "1864-02-01", None, "Germany, Austria-Hungary"),  # against Denmark
    ("war-cow-49-1", None, "1870-03-01", "Brazil, Argentina"),  # Lopez falls at Cerro Cora
    ("war-cow-64-2", "1879-04-05", None, "Bolivia, Peru"),  # Chile declares war on both
    ("war-cow-100-1", "1912-10-17", None, "Bulgaria, Greece, Yugoslavia"),  # Yugoslavia: Serbia
    # Against Bulgaria, which had attacked its allies.
    ("war-cow-103-1", "1913-06-30", None, "Greece, Yugoslavia, Romania, Turkey"),
    ("war-cow-136-1", "1939-05-11", "1939-09-16", "Russia, Mongolia"),  # Khalkhin Gol
    ("war-cow-148-2", "1948-05-15", None, "Egypt, Syria, Jordan, Iraq, Lebanon"),  # Israel's first
    ("war-cow-155-1", "1956-10-31", "1956-11-06", "Israel, United Kingdom, France"),  # Suez
    ("war-cow-169-2", "1967-06-05", "1967-06-10", "Egypt, Jordan, Syria"),  # six days
    # Yom Kippur.
    ("war-cow-181-2", "1973-10-06", None, "Egypt, Syria, Iraq, Jordan, Saudi Arabia"),
    ("war-cow-190-2", None, "1979-04-11", "Uganda, Libya"),  # Kampala falls
]


@pytest.mark.parametrize(("coalition", "start", "end", "states"), WAR_SIDES)
def test_war_sides(coalition: str, start: str | None, end: str | None, states: str) -> None:
    row = keyed("coalitions", "coalition_id").loc[coalition]
    assert set(members(coalition)["name"]) == names(states)
    assert start is None or row["start"] == pd.Timestamp(start)
    assert end is None or row["end"] == pd.Timestamp(end)


def test_six_days_last_from_monday_to_saturday() -> None:
    row = keyed("coalitions", "coalition_id").loc["war-cow-169-2"]
    assert row["end"] - row["start"] == pd.Timedelta(days=5)


def test_nato_over_kosovo() -> None:
    row = keyed("coalitions", "coalition_id").loc["war-cow-221-1"]
    assert (row["start"], row["end"]) == (pd.Timestamp(1999, 3, 24), pd.Timestamp(1999, 6, 10))
    assert "Greece" not in set(members("war-cow-221-1")["name"])


# Wars of one state against one: Spanish-American, Russo-Japanese, Chaco, Winter, Iran-Iraq,
# Falklands, Badme.
@pytest.mark.parametrize("war", [79, 85, 124, 142, 199, 202, 219])
def test_wars_without_a_coalition(war: int) -> None:
    assert not (load("coalitions")["arena"] == f"war-cow-{war}").any()


# Side, state, spell, joined, left (None: not checked).
FIGHTERS = [
    ("war-cow-106-1", "Italy", 1, "1915-05-23", None),  # war on Austria-Hungary
    ("war-cow-106-1", "Romania", 1, "1916-08-27", "1917-12-09"),  # armistice of Focsani
    ("war-cow-106-2", "Bulgaria", 1, None, "1918-09-29"),  # armistice of Salonica
    ("war-cow-106-2", "Turkey", 1, None, "1918-10-30"),  # armistice of Mudros
    ("war-cow-139-1", "Belgium", 1, "1940-05-10", "1940-05-28"),  # the King capitulates
    ("war-cow-139-1", "Norway", 1, "1940-04-09", None),  # Weseruebung
    ("war-cow-139-1", "France", 1, "1939-09-03", "1940-06-22"),  # Compiegne
    ("war-cow-139-1", "Russia", 1, "1941-06-22", None),  # Barbarossa
    ("war-cow-139-1", "United States of America", 1, "1941-12-07", "1945-08-14"),  # Pearl Harbor
    ("war-cow-139-2", "Italy", 1, "1940-06-10", None),  # Italy declares war
    ("war-cow-139-2", "Romania", 1, None, "1944-08-23"),  # King Michael's coup
    ("war-cow-139-2", "Finland", 1, None, "1944-09-19"),  # armistice of Moscow
]


@pytest.mark.parametrize(("coalition", "state", "spell", "joined", "left"), FIGHTERS)
def test_entries_and_exits_in_wars(
    coalition: str, state: str, spell: int, joined: str | None, left: str | None
) -> None:
    row = members(coalition).set_index(["name", "spell"]).loc[(state, spell)]
    assert joined is None or row["joined"] == pd.Timestamp(joined)
    assert left is None or row["left"] == pd.Timestamp(left)


# Side of a dispute, first day (None: not checked), members.
DISPUTES = [
    ("mid-cow-146-a", None, "United Kingdom, France, Russia"),  # Navarino
    ("mid-cow-135-a", "1861-10-31", "United Kingdom, France, Spain"),  # debts of Mexico
    ("mid-cow-106-a", "1895-04-23", "Russia, Germany, France"),  # the triple intervention
    ("mid-cow-254-a", None, "United Kingdom, Germany, Italy"),  # blockade of Venezuela
    ("mid-cow-177-a", "1923-01-11", "France, Belgium"),  # occupation of the Ruhr
    ("mid-cow-174-b", "1936-03-07", "France, Belgium"),  # Germans in the Rhineland
    ("mid-cow-210-a", None, "Germany, Italy, Portugal"),  # for Franco
    ("mid-cow-523-a", None, "United Kingdom, Russia"),  # into Iran, 1941
    # Prague, 1968: without Romania and Albania.
    (
        "mid-cow-346-a",
        None,
        "Russia, Poland, Hungary, Bulgaria, German Democratic Republic",
    ),
    # Second Congo War: for Kabila.
    (
        "mid-cow-4339-a",
        None,
        "Democratic Republic of the Congo, Angola, Zimbabwe, Namibia, Chad",
    ),
    ("mid-cow-4339-b", None, "Rwanda, Uganda"),  # and against him
]


@pytest.mark.parametrize(("coalition", "start", "states"), DISPUTES)
def test_disputes(coalition: str, start: str | None, states: str) -> None:
    row = keyed("coalitions", "coalition_id").loc[coalition]
    assert set(members(coalition)["name"]) == names(states)
    assert start is None or row["start"] == pd.Timestamp(start)


# Intervention, first and last year (None: not checked), members.
INTERVENTIONS = [
    ("int-ucdp-252-b-1956", 1956, 1956, "Israel, United Kingdom, France"),  # Suez again
    ("int-ucdp-281-b-1963", 1963, 1966, "Malaysia, United Kingdom"),  # the Confrontation
    ("int-ucdp-300-a-1979", 1979, 1989, "Cambodia, Vietnam, Laos"),  # Vietnam leaves in 1989
    ("int-ucdp-411-a-1998", 1998, 1998, "Lesotho, South Africa, Botswana"),  # Boleas
    # Iraq, 2003: the invasion.
    (
        "int-ucdp-420-a-2003",
        2003,
        2003,
        "United States of America, United Kingdom, Australia",
    ),
    ("int-ucdp-299-a-2015", 2015, None, "Syria, Russia, Iran"),  # Russia enters in September
    ("int-ucdp-267-a-2020", 2020, 2022, "Ethiopia, Eritrea"),  # Tigray
    ("int-ucdp-13243-a-2024", 2024, None, "Russia, North Korea"),  # Kursk
]


@pytest.mark.parametrize(("coalition", "first", "last", "states"), INTERVENTIONS)
def test_interventions(coalition: str, first: int, last: int | None, states: str) -> None:
    row = keyed("coalitions", "coalition_id").loc[coalition]
    assert set(members(coalition)["name"]) == names(states)
    assert row["start"].year == first
    assert last is None or row["end"].year == last


# Coalition, first and last day.
EXPEDITIONS = [
    ("exp-holy-league-1684", "1684-03-05", "1699-01-26"),  # Linz to Karlowitz
    ("exp-quadruple-alliance-1718", "1718-08-02", "1720-02-17"),  # London to The Hague
    ("exp-first-coalition-1792", None, "1797-10-17"),  # Campo Formio
    ("exp-fourth-coalition-1806", None, "1807-07-09"),  # Tilsit
    ("exp-fifth-coalition-1809", None, "1809-10-14"),  # Schoenbrunn
    ("exp-seventh-coalition-1815", "1815-03-25", "1815-11-20"),  # Vienna to Paris
    ("exp-libya-2011", "2011-03-19", "2011-10-31"),  # resolution 1973 to the end of NATO's mission
    ("exp-saudi-coalition-yemen-2015", "2015-03-26", None),  # Decisive Storm
]


@pytest.mark.parametrize(("coalition", "start", "end"), EXPEDITIONS)
def test_expeditions(coalition: str, start: str | None, end: str | None) -> None:
    row = keyed("coalitions", "coalition_id").loc[coalition]
    assert start is None or row["start"] == pd.Timestamp(start)
    assert end is None or row["end"] == pd.Timestamp(end)


# Coalition, state, when it left (day, or month), why.
EXITS = [
    ("exp-first-coalition-1792", "Netherlands", "1795-05-16", "defeat"),  # The Hague
    ("exp-first-coalition-1792", "Spain", "1795-07-22", "separate_peace"),  # Basel
    ("exp-first-coalition-1792", "Papal States", "1797-02-19", "defeat"),  # Tolentino
    ("exp-third-coalition-1805", "Austria-Hungary", "1805-12-26", "separate_peace"),  # Pressburg
    ("exp-mnf-iraq-2003", "Dominican Republic", "2004-05-04", "domestic_politics"),
    ("exp-mnf-iraq-2003", "Hungary", "2004-12", "domestic_politics"),  # parliament refuses to go on
    ("exp-mnf-iraq-2003", "Nicaragua", "2004-02", "domestic_politics"),
    ("exp-mnf-iraq-2003", "Georgia", "2008-08", "hostage_or_attack"),  # war with Russia at home
    ("exp-mnf-iraq-2003", "Poland", "2008-10", "election_change"),
    ("exp-counter-isis-air-2014", "Canada", "2016-02", "election_change"),  # Trudeau
    ("exp-kfor-1999", "Russia", "2003-07", "drawdown"),
    ("exp-free-world-forces-vietnam-1964", "New Zealand", "1972-12", "domestic_politics"),  # Kirk
    ("exp-saudi-coalition-yemen-2015", "Qatar", "2017-06-05", "expelled"),
]


@pytest.mark.parametrize(("coalition", "state", "left", "reason"), EXITS)
def test_exits_from_expeditions(coalition: str, state: str, left: str, reason: str) -> None:
    row = members(coalition).set_index("name").loc[state]
    assert row["left"].strftime("%Y-%m-%d").startswith(left)
    assert (row["exit_cause"], row["exit_reason"]) == ("left_early", reason)


# The Dutch were in Uruzgan until August 2010 and came back to Kunduz in 2011.
def test_the_dutch_in_afghanistan() -> None:
    spells = members("exp-isaf-2001")
    dutch = spells[spells["name"] == "Netherlands"].sort_values("spell")
    assert dutch["left"].iloc[0] == pd.Timestamp(2010, 8, 1)
    assert dutch["joined"].dt.year.to_list() == [2002, 2011]


# Treaty, signed, ended (None: in force in 2016, *: not checked), founders (names or number), and
# an obligation.
ALLIANCES = [
    (1075, "1833-07-08", "*", "Russia, Turkey", "defense"),  # Unkiar Skelessi
    (1255, "1865-05-01", "*", "Argentina, Brazil, Uruguay", "offense"),  # against Paraguay
    (1335, "1879-10-07", "*", "Germany, Austria-Hungary", "defense"),  # the Dual Alliance
    (1350, "1882-05-20", "*", "Germany, Austria-Hungary, Italy", "defense"),  # the Triple Alliance
    (1370, "1887-06-18", "1890-06-18", "Germany, Russia", "neutrality"),  # reinsurance
    (1385, "1893-12-27", "*", "France, Russia", "defense"),  # Giers writes that the Tsar consents
    (1400, "1899-10-14", "*", "United Kingdom, Portugal", "defense"),  # Windsor
    (1415, "1902-01-30", "*", "United Kingdom, Japan", "defense"),  # Lansdowne and Hayashi
    (2015, "1914-09-05", "*", "United Kingdom, France, Russia", "consultation"),  # the Entente
    (2060, "1921-02-19", "*", "France, Poland", "defense"),
    (2130, "1925-10-16", "*", 5, "nonaggression"),  # Locarno
    (2330, "1934-02-09", "*", "Greece, Romania, Turkey, Yugoslavia", "defense"),  # Balkan Entente
    (2395, "1936-11-25", "*", "Germany, Japan", "consultation"),  # Anti-Comintern
    (2410, "1937-07-08", "*", "Turkey, Iran, Iraq, Afghanistan", "nonaggression"),  # Saadabad
    (2445, "1939-05-22", "*", "Germany, Italy", "offense"),  # the Pact of Steel
    (2470, "1939-08-23", "1941-06-22", "Germany, Russia", "nonaggression"),  # to Barbarossa
    (2515, "1940-09-27", "*", "Germany, Italy, Japan", "defense"),  # the Tripartite Pact
    (2525, "1941-04-13", "1945-04-05", "Russia, Japan", "neutrality"),  # denounced by Molotov
    (3015, "1945-03-22", None, 6, "consultation"),  # the Arab League
    (3075, "1947-09-02", None, 19, "defense"),  # Rio
    (3130, "1948-03-17", "2011-06-30", 5, "defense"),  # Brussels, later the Western European Union
    (3150, "1948-04-30", None, 21, "consultation"),  # the Organization of American States
    (3180, "1949-04-04", None, 12, "defense"),  # NATO
    (3200, "1950-02-14", "*", "Russia, China", "defense"),  # Stalin and Mao
    (3215, "1951-09-01", None, "United States of America, Australia, New Zealand", "consultation"),
    (3220, "1951-09-08", "1960-01-19", "United States of America, Japan", "defense"),
    (3260, "1954-09-08", None, 8, "consultation"),  # Manila
    (3275, "1955-02-24", "*", "Turkey, Iraq", "consultation"),  # Baghdad
    (3285, "1955-05-14", "1991-07-01", 8, "defense"),  # the Warsaw Pact
    (3375, "1960-01-19", None, "United States of America, Japan", "defense"),
    (3470, "1963-01-22", None, "France, German Federal Republic", "consultation"),  # the Elysee
    (3675, "1971-08-09", "*", "India, Russia", "consultation"),
    (4220, "1992-05-15", None, 6, "defense"),  # Tashkent
]


@pytest.mark.parametrize(("treaty", "start", "end", "founders", "obligation"), ALLIANCES)
def test_alliances(
    treaty: int, start: str, end: str | None, founders: str | int, obligation: str
) -> None:
    row = keyed("alliances", "alliance_id").loc[f"alliance-atop-{treaty}"]
    assert row["start"] == pd.Timestamp(start)
    if end is None:
        assert pd.isna(row["end"])
    elif end != "*":
        assert row["end"] == pd.Timestamp(end)
    spells = load("alliance_members").merge(load("actors")[["actor_id", "name"]], on="actor_id")
    first = spells[(spells["alliance_id"] == row.name) & (spells["joined"] == row["start"])]
    signed = set(first["name"])
    assert signed == names(founders) if isinstance(founders, str) else len(signed) == founders
    assert row[obligation]


# Treaty, state, joined and left, as far as known: year and month, or year.
ALLIES = [
    (3015, "Syria", "1945-03", "2011-11"),  # suspended by the Arab League
    (3180, "Iceland", "1949-04", None),
    (3215, "New Zealand", "1951-09", "1986"),  # over nuclear ships
    (3275, "Iraq", "1955-02", "1959-03"),  # Qasim leaves the Baghdad Pact
    (3285, "Albania", "1955-05", "1968-09"),  # over Prague
    (3285, "German Democratic Republic", "1955-05", "1990"),  # before the union
    (4175, "United Kingdom", "1992-02", None),  # Maastricht, as of 2016
]


@pytest.mark.parametrize(("treaty", "state", "joined", "left"), ALLIES)
def test_members_of_alliances(treaty: int, state: str, joined: str, left: str | None) -> None:
    spells = load("alliance_members").merge(load("actors")[["actor_id", "name"]], on="actor_id")
    mine = (spells["alliance_id"] == f"alliance-atop-{treaty}") & (spells["name"] == state)
    row = spells[mine].iloc[-1]
    assert row["joined"].strftime("%Y-%m").startswith(joined)
    assert pd.isna(row["left"]) if left is None else row["left"].strftime("%Y-%m").startswith(left)


# Coalition, kind, day, what it became (a name or an alliance).
TRANSFORMATIONS = [
    ("exp-sixth-coalition-1813", "defence_pact", "1814-03-01", "Chaumont"),
    ("exp-united-nations-allies-1942", "permanent_organisation", "1945-10-24", "United Nations"),
    ("exp-un-command-korea-1950", "defence_pact", "1951-09-01", "alliance-atop-3215"),  # ANZUS
    ("exp-eight-nation-alliance-1900", "defence_pact", "1902-01-30", "alliance-atop-1415"),
    ("war-cow-139-1", "defence_pact", "1949-04-04", "alliance-atop-3180"),  # NATO
    ("war-cow-49-1", "defence_pact", "1865-05-01", "alliance-atop-1255"),  # against Paraguay
    ("gov-parlgov-417", "party_merger", "1994-12-10", "New Frontier Party"),  # Hosokawa's parties
    ("gov-parlgov-568", "party_merger", "1986-08-15", "Liberal Democratic Party"),  # New Liberals
    ("gov-parlgov-192", "party_merger", "1961-04-15", "All-German Party"),
    ("gov-parlgov-433", "party_merger", "1966-10-30", "Italian Socialist Party"),  # with the PSDI
    ("gov-parlgov-767", "party_merger", "1946-02-09", "Labour Party"),  # the Dutch one
    ("gov-parlgov-937", "party_merger", "1968-01-23", "Labor"),  # Mapai and Rafi
]


@pytest.mark.parametrize(("coalition", "kind", "day", "became"), TRANSFORMATIONS)
def test_transformations(coalition: str, kind: str, day: str, became: str) -> None:
    events = load("transformations")
    events = events[(events["coalition_id"] == coalition) & (events["kind"] == kind)]
    events = events[events["date"] == pd.Timestamp(day)]
    party = events["became"].map(keyed("actors", "actor_id")["name"])
    known = pd.concat([party, events["became"], events["alliance_id"]]).dropna().astype(str)
    assert known.str.contains(became, regex=False).any()


# Year, channel, two states whose interests overlap more, two whose interests overlap less.
DYADS = [
    (1913, "s_alliance", (255, 300), (255, 365)),  # Berlin-Vienna, Berlin-Petersburg
    (1913, "s_alliance", (220, 365), (255, 365)),  # Paris-Petersburg
    (1938, "regime_similarity", (255, 325), (200, 255)),  # the Axis
    (1942, "regime_similarity", (2, 200), (2, 365)),  # within the Grand Alliance
    (1950, "un_agreement", (2, 200), (2, 365)),  # the Cold War in the Assembly
    (1960, "s_alliance", (2, 200), (2, 365)),
    (1985, "un_agreement", (2, 200), (200, 365)),
    (2000, "igo_jaccard", (210, 211), (2, 645)),  # Benelux, America and Iraq
    (2003, "un_agreement", (200, 220), (2, 220)),  # Europe and America
    (2003, "un_agreement", (2, 666), (2, 220)),  # Israel votes with America
]


@pytest.mark.parametrize(("year", "channel", "near", "far"), DYADS)
def test_dyads(
    year: int,
    channel: str,
    near: tuple[int, int],
    far: tuple[int, int],
) -> None:
    pairs = load("dyads").set_index(["actor_a", "actor_b", "year"])[channel]
    one, other = (
        pairs.loc[(f"state-cow-{pair[0]}", f"state-cow-{pair[1]}", year)] for pair in (near, far)
    )
    assert one > other


# Side, state, deaths in battle.
DEATHS = [
    ("war-cow-106-1", "state-cow-2", 116_516),  # the American dead of the First World War
    ("war-cow-139-1", "state-cow-2", 405_400),  # and of the Second
]


@pytest.mark.parametrize(("coalition", "state", "deaths"), DEATHS)
def test_deaths_in_battle(coalition: str, state: str, deaths: int) -> None:
    power = load("power")
    mine = (power["coalition_id"] == coalition) & (power["actor_id"] == state)
    assert power.loc[mine & (power["resource"] == "battle_deaths"), "value"].to_list() == [deaths]
