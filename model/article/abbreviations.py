"""Words that end in a full stop without ending a sentence, and words that begin one."""

from __future__ import annotations

from .words import word_set

TITLES = word_set(
    """
        adm amb asst atty brig bros capt cdr cmdr cmsgt col cpl cpt dep det dr drs eng esq ft fr gen gov h.e
        hon insp lt lt.col ltc m maj messrs mgr min mlle mme mr mrs ms msgr mt mx pfc pres prof pvt rep reps
        ret rev rt sec sen sens sgt sr.lt st ste supt ven vp
        """
)
"""Before a name: never the end of a sentence."""

BEFORE_NUMBERS = word_set(
    "app approx art arts ca ch chap cl cons doc e eq ex fig figs ii no nos p para paras pg pp pt reg res rev "
    "sec sect ser sess suppl tel v vol vols § jan feb mar apr jun jul aug sep sept oct nov dec"
)
"""Before a number ("Art. 5", "No. 5", "Jan. 5"): the end of a sentence only when no number follows."""

NEVER_LAST = word_set("al cf e.g eg i.e ie viz vs v")
"""Something always follows."""

SOMETIMES_LAST = word_set(
    """
        ala ariz ark assn ave blvd calif co colo conn corp cos del dept dist fla ga govt inc ind intl jr kan
        ky la llc ltd mass md mich minn miss mo mont natl neb nev okla ore pa penn plc rd rte s.a s.p.a sr
        tenn tex univ va vt wash wis wyo
        """
)
"""The end of a sentence when a word that begins sentences follows."""

CLOCK = frozenset({"a.m", "p.m"})
AFTER_CLOCK = word_set(
    """
        monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
        january february march april may june july august september october november december jan feb mar
        apr jun jul aug sep sept oct nov dec edt est cdt cst mdt mst pdt pst et ct mt pt gmt utc bst cet
        cest eet eest ist jst kst msk zulu local eastern central pacific greenwich moscow beijing
        """
)
"""Go on with the time of day ("9 a.m. Monday", "5 p.m. GMT")."""

STARTERS = word_set(
    """
        a about according accordingly additionally after again all almost along already also although amid
        among an and another any are as asked at back because before besides both but by can consequently
        could despite did do does during each earlier either even every everyone experts few finally first
        following for former from further furthermore given had has have having he hence her here his how
        however i if in indeed instead is it its just last late later lately let like many may maybe
        meanwhile moreover more most much my neither nevertheless next no nobody none nonetheless nor not
        nothing now observers of officials on once one only or other others our out over perhaps previously
        rather recently same she shortly should similarly since so some soon speaking still such that the
        their them then there therefore these they this those though three through throughout thus to today
        together tomorrow tonight too toward two under unless until upon was we well were what whatever when
        where whether which while who whoever why will with within without would yes yesterday yet you your
        """
)
"""Capitalised in mid-paragraph, these begin a sentence; a name hardly ever begins with them."""
