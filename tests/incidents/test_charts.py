"""Where the marks of a chart go."""

from incidents import charts


def test_the_highest_bar_fills_the_height_and_its_pieces_touch() -> None:
    drawn = charts.stacked([[("1", 1), ("2", 3)], [("1", 0), ("2", 2)], []])
    assert drawn.top == 4
    first, second, third = drawn.blocks
    assert first.y + first.height == drawn.height
    assert second.y == 0
    assert second.y + second.height == first.y
    assert third.height == drawn.height / 2
    assert first.x == second.x < third.x


def test_a_year_of_weeks_stays_inside() -> None:
    drawn = charts.stacked([[("1", 1)]] * 54)
    assert max(block.x + block.width for block in drawn.blocks) <= drawn.width
    assert min(block.width for block in drawn.blocks) >= 2


def test_nothing_draws_nothing() -> None:
    assert charts.stacked([]).blocks == ()
    assert charts.stacked([[("1", 0)]]).blocks == ()
    assert charts.sparkline([]) == ()
    assert charts.sparkline([None, 3, None]) == ()


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    runs = charts.sparkline([1, 2, None, 4])
    assert [len(set(run.split())) for run in runs] == [2, 1]


def test_a_line_of_zeros_lies_at_the_foot() -> None:
    (run,) = charts.sparkline([0, 0])
    assert {point.split(",")[1] for point in run.split()} == {f"{charts.LINE_HEIGHT - 4:.1f}"}
