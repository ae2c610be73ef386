"""Train and watch: it learns what `fit` learns, and the task behind it stops whenever it should."""

import asyncio
import gc
import threading
from io import BytesIO
from time import perf_counter, thread_time

import numpy as np
import psutil
import pytest
from PIL import Image
from slowness import slowness

from backprop_course import data, notation, training
from backprop_course.explore.watching import Training, digits
from backprop_course.models import two_layer
from backprop_course.viz import player, playing
from backprop_course.viz.player import checked, play, specs
from backprop_course.viz.playing import Playing
from backprop_course.viz.scenes import Curve, Panel, Scene, Words
from backprop_course.viz.stages import Stage

TICK = 0.02


# ------------------------------------------------------------------ the training, without a picture
def plain(seed=0, epochs=3, rate=0.3, batch_size=20):
    """The same training by the lesson's own way: the data divided again, then `fit`."""
    bundle = data.digits()
    X, Y_true = bundle.X / 16, notation.one_hot(bundle.labels, 10)
    train, rest = data.split_random(1200, (0.75, 0.25), np.random.default_rng(0))
    start = two_layer.init(np.random.default_rng(seed), 64, 32, 10)
    return training.fit(
        two_layer, start, X[train], Y_true[train], optimizer=training.sgd(rate), epochs=epochs,
        batch_size=batch_size, rng=np.random.default_rng(seed), validation=(X[rest], Y_true[rest]),
        progress=False,
    )  # fmt: skip


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("at_a_time", [1, 5, 7])
def test_it_learns_what_fit_learns(seed, at_a_time):
    watched, history = Training(seed=seed), plain(seed)
    while watched.updates < 3 * 45:
        watched.advance(min(at_a_time, 3 * 45 - watched.updates))
    assert same(watched.params, history.params) and watched.epoch == 3
    ends = [watched.records["epoch"].index(k) for k in (1, 2, 3)]
    assert np.array_equal(np.take(watched.records["training"], ends), history.epoch_loss)
    assert np.array_equal(np.take(watched.records["validation"], ends), history.validation_loss)
    assert f"{round(300 * history.validation_accuracy[-1])} of 300" in watched.scene().title


def by_hand(params, X, Y_true, rate):
    """One update, written out."""
    Z1 = X @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ params["W2"].T + params["b2"]
    P = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    dZ2 = (P / P.sum(axis=1, keepdims=True) - Y_true) / len(X)
    dZ1 = dZ2 @ params["W2"] * (Z1 > 0)
    grads = {"W1": dZ1.T @ X, "b1": dZ1.sum(axis=0), "W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0)}
    return {name: params[name] - rate * grads[name] for name in params}, grads


def test_learning_rate_and_batch_size_count_from_the_next_update_on():
    """Beside it, the same draws by hand: an update with 0.3, one with 1, then batches of 300."""
    watched, given, rng = Training(seed=1), digits(), np.random.default_rng(1)
    params = two_layer.init(np.random.default_rng(1), 64, 32, 10)
    order = rng.permutation(900)
    plan = [(0.3, order[:20]), (1.0, order[20:40])]
    order = rng.permutation(900)  # a new batch size begins a new walk through the digits
    plan += [(1.0, order[:300]), (0.1, order[300:600])]
    for (rate, rows), batch_size in zip(plan, (20, 20, 300, 300)):
        watched.learning_rate, watched.batch_size = rate, batch_size
        watched.advance(1)
        params, grads = by_hand(params, given.X[rows], given.Y_true[rows], rate)
        for name in params:
            assert np.allclose(watched.params[name], params[name], rtol=0, atol=1e-12)
    lengths = [np.linalg.norm(grads[name]) for name in ("W1", "W2")]
    assert np.allclose([watched.records["dW1"][-1], watched.records["dW2"][-1]], lengths)
    assert watched.changes == [20 / 900, 40 / 900, 340 / 900] and watched.updates == 4
    assert watched.epoch == pytest.approx(640 / 900)


def test_the_optimizers_state_lives_on_under_a_new_batch_size():
    watched = Training()
    watched.advance(4)
    watched.batch_size = 5
    watched.advance(3)
    assert watched._state == {"step": 7}


def test_reset_gives_the_first_state_again_bit_for_bit():
    watched, first = Training(seed=2), Training(seed=2)
    watched.learning_rate, watched.batch_size = 1.0, 5
    watched.advance(30)
    assert watched.scene().alt != first.scene().alt
    watched.reset()
    assert repr(watched.scene()) == repr(first.scene()) and same(watched.params, first.params)
    for each in (watched, first):
        each.advance(50)
    assert repr(watched.scene()) == repr(first.scene()) and same(watched.params, first.params)


def test_batches_that_do_not_divide_the_digits_are_counted():
    watched = Training()
    watched.batch_size = 400
    watched.advance(3)
    assert watched.epoch == 1
    watched.advance(3)
    assert watched.epoch == 2


def test_the_end_of_the_epochs():
    watched = Training()
    watched.batch_size = 300
    watched.advance(1000)
    assert watched.updates == 90 and watched.progress == (1.0, "epoch 30.0 of 30, 90 updates")
    assert watched.ended == "All 30 epochs are done. Press Reset to begin again."
    watched.reset()
    assert watched.ended == "" and watched.progress[0] == 0
    watched.advance(1)
    watched.batch_size = 300
    watched.advance(1000)  # the last batch reaches beyond the last epoch
    assert watched.updates == 91 and watched.progress == (1.0, "epoch 30.0 of 30, 91 updates")


def test_a_loss_that_is_not_finite_ends_it_and_can_still_be_seen(stage):
    watched = Training()
    watched.learning_rate = 1e200
    watched.advance(50)
    assert watched.updates < 50 and "The loss became nan after update 1" in watched.ended
    assert "Reset" in watched.ended and "nan in training" in watched.scene().alt
    stage.png(watched.scene())


@pytest.mark.parametrize("name, value, error", [
    ("learning_rate", 0, ValueError), ("learning_rate", np.inf, ValueError),
    ("learning_rate", "3", TypeError), ("batch_size", 0, ValueError), ("batch_size", 2.5, TypeError),
])  # fmt: skip
def test_values_that_cannot_be_are_refused_and_change_nothing(name, value, error):
    watched = Training()
    watched.advance(3)
    with pytest.raises(error, match=name):
        setattr(watched, name, value)
    assert (watched.learning_rate, watched.batch_size) == (0.3, 20)
    other = Training()
    for each, k in ((watched, 7), (other, 10)):
        each.advance(k)
    assert same(watched.params, other.params)


@pytest.mark.parametrize("seed", range(5))
def test_what_the_lesson_saw(seed):
    """At a rate of 3 the slopes of W1 are gone for good; batches of 1 fail at 0.3 and learn at 0.03."""
    watched = Training(seed=seed)
    watched.advance(4 * 45)
    before = watched.measured()[0]
    watched.learning_rate = 3.0
    watched.advance(5 * 45)
    watched.learning_rate = 0.1
    watched.advance(5 * 45)
    assert before < 0.25 and watched.measured()[0] > 2 and watched.records["dW1"][-10:] == [0] * 10
    losses = {}
    for batch_size, rate in ((1, 0.3), (1, 0.03), (300, 0.3)):
        watched.reset()
        watched.batch_size, watched.learning_rate = batch_size, rate
        while watched.epoch < 2:
            watched.advance(1)
        losses[batch_size, rate] = np.array(watched.records["training"])
    assert losses[1, 0.3][-1] > 1.5 > 0.3 > losses[1, 0.03][-1]
    assert watched.updates == 6 and np.all(np.diff(losses[300, 0.3]) < 0) and losses[300, 0.3][-1] > 1.5
    assert np.any(np.diff(losses[1, 0.03]) > 0)


@pytest.fixture(scope="module")
def stage():
    return Stage(Training().scene())


@pytest.mark.parametrize("rate", Training.controls["learning_rate"])
@pytest.mark.parametrize("batch_size", Training.controls["batch_size"])
def test_every_choice_can_be_drawn(rate, batch_size, stage):
    watched = Training(seed=4)
    watched.learning_rate, watched.batch_size = rate, batch_size
    for _ in range(3):
        watched.advance(watched.updates_a_picture)
        scene = watched.scene()
        drawing = stage.drawing
        stage.png(scene)
        assert stage.drawing is drawing, "drawn anew"
    epoch, loss = watched.records["epoch"][-1], watched.measured()[0]
    assert scene.title.startswith(f"Epoch {watched.epoch:.1f}:") and epoch > 0
    assert f"learning rate {rate:g}, batch size {batch_size}. Loss: {loss:.3g} in training" in scene.alt


def test_the_digits_shown_and_what_is_said_of_them():
    """A wrong answer is told by a sign, not by its color alone; the first eight digits are not chosen."""
    watched, given = Training(), digits()
    watched.advance(45)
    answers = two_layer.forward(watched.params, given.X_validation[given.shown])[0]
    labels = given.labels[given.shown]
    assert np.array_equal(given.shown[:8], np.arange(8)) and len(set(given.shown)) == 12
    marks = watched.scene().panels[0].marks
    for k in range(12):
        sign = "✓" if answers[k].argmax() == labels[k] else "✗"
        assert marks[f"answer {k}"].text == f"{answers[k].argmax()} {sign} {100 * answers[k].max():.0f} %"
    wrong = int((answers.argmax(axis=1) != labels).sum())
    assert 0 < wrong < 12 and f"Of the 12 digits shown, {wrong} wrong: " in watched.scene().alt
    pixels = marks["digits"].values
    assert np.array_equal(pixels[:8, 2:10].ravel(), given.X_validation[0])
    assert np.array_equal(pixels[24:32, 38:46].ravel(), given.X_validation[given.shown[11]])


# ------------------------------------------------------------------ the task, with a page that is not one
class Page:
    """What a page does, without a browser: it keeps what it is told, and answers each picture."""

    def __init__(self, show, answers=True, tick=TICK):
        self.told, self.pictures, self.answers, self.broken = [], 0, answers, False
        self.playing = Playing(show, self.receive, tick)
        self.do("look")

    def receive(self, told, pictures):
        if self.broken:
            raise RuntimeError("the page is gone")
        self.told.append(told)
        self.pictures += len(pictures)
        if pictures and self.answers:
            self.do("painted")

    def do(self, what, **more):
        self.playing.do({"do": what, "view": "a", **more})

    @property
    def last(self):
        return self.told[-1] if self.told else dict.fromkeys(("alt", "problem", "running", "values", "view"))


class Counter:
    """A show that counts, with everything that `play` wants."""

    ended = ""
    updates_a_picture = 3

    def __init__(self, seconds=0.0, fails_at=None):
        self.controls = {"speed": (1, 2, 10)}
        self.n, self.speed, self.seconds, self.fails_at = 0, 1, seconds, fails_at

    @property
    def progress(self):
        return min(1.0, self.n / 1000), f"{self.n}"

    def advance(self, k):
        for _ in range(k):
            if self.n == self.fails_at:
                raise ArithmeticError("no way on")
            began = perf_counter()
            while perf_counter() - began < self.seconds:
                pass
            self.n += self.speed

    def reset(self):
        self.n, self.speed, self.fails_at = 0, 1, None

    def scene(self):
        panel = Panel({"line": Curve(np.arange(2.0), np.arange(2.0))}, (0, 1), (0, 1), "x", "y")
        return Scene("A count", (panel,), f"The count is {self.n}", 1.5, 2.0)


def run(scenario):
    """Run it in a loop of its own; afterwards no task of it is left."""

    async def whole():
        async with asyncio.timeout(20):
            await scenario()
        await asyncio.sleep(3 * TICK)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for each in list(playing.shown):
            each._pause()
        assert left == [], "a task has survived"

    asyncio.run(whole())


async def until(condition, seconds=5):
    end = perf_counter() + seconds
    while not condition():
        assert perf_counter() < end, "it has not come to that"
        await asyncio.sleep(0.002)


async def rests(page):
    """Whether nothing goes on any more, once what was asked for is done."""
    for _ in range(5):
        await asyncio.sleep(0)
    before = page.playing.show.n, page.pictures
    await asyncio.sleep(6 * TICK)
    return (page.playing.show.n, page.pictures) == before and not page.playing.running


def test_nothing_runs_before_start():
    async def scenario():
        page = Page(Counter())
        assert await rests(page)
        assert page.last["alt"] == "The count is 0" and not page.last["running"] and page.pictures == 1

    run(scenario)


def test_start_and_pause_within_a_tick():
    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 4)
        assert page.playing.running and page.last["running"]
        page.do("pause")
        n = page.playing.show.n
        await asyncio.sleep(TICK)
        assert page.playing.show.n == n and page.last["running"] is False
        assert page.last["alt"] == f"The count is {n}" and await rests(page)
        page.do("start")
        await until(lambda: page.playing.show.n > n + 6)
        page.do("pause")

    run(scenario)


def test_several_updates_a_picture_and_few_pictures_a_second():
    async def scenario():
        page = Page(Counter(), tick=0.1)
        await until(lambda: page.pictures == 1)
        page.do("start")
        await asyncio.sleep(1)
        page.do("pause")
        await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert 3 <= page.pictures - 2 <= 11 and page.playing.show.n == 3 * (page.pictures - 2)

    run(scenario)


def test_a_single_step_makes_one_update_and_pauses():
    async def scenario():
        page = Page(Counter())
        for k in (1, 2, 3):
            page.do("step")
            await until(lambda k=k: page.last.get("alt") == f"The count is {k}")
        page.do("start")
        await until(lambda: page.pictures > 6)
        page.do("step")
        assert await rests(page) and page.last["running"] is False

    run(scenario)


def test_reset_stops_and_goes_back():
    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 3)
        page.do("reset")
        assert await rests(page) and page.last["alt"] == "The count is 0"

    run(scenario)


def test_start_pressed_twice_makes_one_task_that_one_pause_ends():
    async def scenario():
        page = Page(Counter())
        page.do("start")
        page.do("start")
        await until(lambda: page.pictures > 3)
        task = page.playing._task
        page.do("start")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert page.playing._task is task and len(asyncio.all_tasks()) == 2  # the test's, and one
        page.do("pause")
        assert await rests(page)
        page.do("start")
        page.do("pause")
        assert await rests(page)

    run(scenario)


def test_values_change_while_it_runs():
    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 2)
        page.do("set", name="speed", index=2)
        await until(lambda: page.last["values"] == {"speed": [2, "10"]})
        before = page.playing.show.n
        await until(lambda: page.playing.show.n > before)
        assert (page.playing.show.n - before) % 10 == 0 and page.playing.running
        page.do("pause")

    run(scenario)


@pytest.mark.parametrize("way", ["gone", "silent", "broken"])
def test_it_stops_when_its_page_is_gone(way, monkeypatch):
    """The page says goodbye, or falls silent, or cannot be reached any more."""
    monkeypatch.setattr(playing, "PATIENCE", 4 if way == "silent" else 1000)

    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 2)
        if way == "gone":
            page.do("gone")
        page.answers, page.broken = way != "silent", way == "broken"
        await until(lambda: not page.playing.running, 1)
        assert await rests(page)
        page.answers, page.broken = True, False
        page.do("look")  # it comes back, and goes on only when it is told to
        await until(lambda: page.last["view"] == "a" and page.last["running"] is False)
        assert await rests(page)

    run(scenario)


def test_one_page_of_two_may_go():
    async def scenario():
        page = Page(Counter())
        page.playing.do({"do": "look", "view": "b"})
        page.do("start")
        await until(lambda: page.pictures > 3)
        page.playing.do({"do": "gone", "view": "b"})
        before = page.pictures
        await until(lambda: page.pictures > before + 2)
        page.do("gone")
        assert await rests(page)

    run(scenario)


def test_an_error_is_told_and_ends_the_run():
    async def scenario():
        page = Page(Counter(fails_at=12))
        page.do("start")
        await until(lambda: page.last["problem"])
        assert page.last["problem"] == "Stopped by ArithmeticError: no way on. Press Reset to begin again."
        page.do("start")
        page.do("step")
        assert await rests(page) and page.playing.show.n == 12
        page.do("reset")
        page.do("step")
        await until(lambda: page.last.get("alt") == "The count is 1")
        assert page.last["problem"] == ""

    run(scenario)


def test_an_error_of_the_picture_is_told_and_ends_the_run():
    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 2)
        page.playing.show.scene = lambda: Scene("", (), "")
        await until(lambda: page.last["problem"])
        assert "title of the scene" in page.last["problem"] and "alt" not in page.last
        assert await rests(page)

    run(scenario)


def test_a_loss_that_is_not_finite_is_told_and_ends_the_run():
    """The rate is set by other code: the page shows it, too."""

    async def scenario():
        page = Page(Training())
        page.do("start")
        await until(lambda: page.pictures > 2)
        page.playing.show.learning_rate = 1e200
        await until(lambda: not page.playing.running)
        assert "The loss became nan" in page.last["problem"] and page.last["running"] is False
        assert page.last["values"]["learning_rate"] == [6, "1e+200"]

    run(scenario)


def test_while_one_runs_another_that_is_started_or_shown_pauses_it(monkeypatch, capsys):
    async def scenario():
        first, second = Page(Counter()), Page(Counter())
        first.do("start")
        await until(lambda: first.pictures > 2)
        second.do("start")
        await until(lambda: second.pictures > 2)
        assert not first.playing.running and first.last["running"] is False
        monkeypatch.setattr(player, "in_a_notebook", lambda: True)
        monkeypatch.setattr("IPython.display.display", lambda shown: None)
        play(Counter())
        assert await rests(first) and await rests(second) and second.last["running"] is False

    run(scenario)


def test_messages_may_come_from_another_thread():
    """All is done in the loop's thread; only that nothing more is wanted counts at once."""

    async def scenario():
        page, seen = Page(Counter()), set()
        show = page.playing.show
        advance, scene = show.advance, show.scene
        show.advance = lambda k: (seen.add(threading.get_ident()), advance(k))
        show.scene = lambda: (seen.add(threading.get_ident()), scene())[1]
        for what in ("step", "reset", "start"):
            await asyncio.to_thread(page.do, what)
        await until(lambda: page.pictures > 6)
        thread = threading.Thread(target=page.do, args=("pause",))
        thread.start()
        thread.join()  # the loop is busy here
        assert not page.playing._wanted
        assert await rests(page) and seen == {threading.get_ident()}

    run(scenario)


def test_a_loop_that_was_blocked_by_a_cell_is_no_page_that_is_gone(monkeypatch):
    monkeypatch.setattr(playing, "PATIENCE", 4)

    async def scenario():
        page = Page(Counter())
        page.do("start")
        await until(lambda: page.pictures > 2)
        end = perf_counter() + 10 * TICK
        while perf_counter() < end:
            pass
        before = page.pictures
        await until(lambda: page.pictures > before + 3)
        page.do("pause")

    run(scenario)


async def longest_wait(page, seconds):
    """How long another coroutine waits for its turn, at most."""
    longest, end = 0.0, perf_counter() + seconds
    while perf_counter() < end:
        began = perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, perf_counter() - began)
    return longest


def test_others_come_in_between_where_updates_are_slow():
    """40 updates of 10 ms between two pictures: others wait for two or three of them, not for 40."""

    async def scenario():
        page = Page(Counter(seconds=0.01))
        page.playing.show.updates_a_picture = 40
        await until(lambda: page.pictures == 1)
        page.do("start")
        assert await longest_wait(page, 0.35) < 0.2
        assert page.pictures == 1 and page.playing.show.n > 5
        page.do("pause")
        n = page.playing.show.n
        assert await rests(page) and page.playing.show.n <= n + 3

    run(scenario)


def test_the_training_blocks_for_fifty_milliseconds_at_most(stage):
    """Half of the waits, in processor time of a fast machine: other work on this one is not counted."""
    watched = Training()
    watched.learning_rate = 0.1
    waits = {"updates": [], "picture": []}
    for _ in range(12):
        for what, act in (
            ("updates", lambda: watched.advance(watched.updates_a_picture)),
            ("picture", lambda: stage.png(watched.scene())),
        ):
            began = thread_time()
            act()
            waits[what].append(thread_time() - began)
    limit = 0.05 * slowness()
    assert np.median(waits["updates"]) < limit and np.median(waits["picture"]) < limit


def without_words(scene):
    """Texts and pixels take most of a picture's time: with fewer, 200 pictures take a few seconds."""
    kept = [{k: m for k, m in panel.marks.items() if not isinstance(m, Words)} for panel in scene.panels]
    panels = tuple(p._replace(marks=m) for p, m in zip(scene.panels, kept))
    return scene._replace(panels=panels, width=5.0, height=2.2)


@pytest.mark.parametrize(
    "pictures, words", [(200, False), pytest.param(500, True, marks=pytest.mark.thorough)]
)
def test_many_pictures_keep_the_memory_where_it_was(pictures, words):
    watched, memory = Training(), []
    watched.batch_size = 300
    shown = (lambda scene: scene) if words else without_words
    stage = Stage(shown(watched.scene()))
    for k in range(pictures):
        if watched.ended:
            watched.reset()
        watched.advance(1)
        png = stage.png(shown(watched.scene()))
        if k in (50, pictures - 1):
            gc.collect()
            memory.append(psutil.Process().memory_info().rss / 2**20)
    Image.open(BytesIO(png)).verify()
    assert memory[1] - memory[0] < 5


def test_played_by_the_task_it_learns_what_fit_learns():
    async def scenario():
        page = Page(Training(seed=5))
        page.do("start")
        await until(lambda: page.playing.show.updates >= 45, 15)
        page.do("pause")
        page.do("step")
        before = page.playing.show.updates
        await until(lambda: page.playing.show.updates == before + 1)
        updates = page.playing.show.updates
        history = plain(seed=5, epochs=updates // 45 + 1)
        straight = Training(seed=5)
        straight.advance(updates)
        assert same(straight.params, page.playing.show.params)
        straight.advance(len(history.loss) - updates)
        assert same(straight.params, history.params)

    run(scenario)


# ------------------------------------------------------------------ what is displayed
def test_in_a_terminal_the_words_are_printed(capsys):
    play(Training())
    assert capsys.readouterr().out.startswith("Before training, 42 of 300 validation digits are read")


def test_in_a_notebook_the_still_picture_comes_before_the_widget(monkeypatch):
    shown = []
    monkeypatch.setattr(player, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)

    async def scenario():
        play(Training())
        still, widget = shown
        html = still._repr_html_()
        assert html.startswith("<img data-still") and 'alt="Before training' in html
        assert widget.controls == specs(Training()) and widget.width == 900
        assert [spec["texts"][spec["value"]] for spec in widget.controls] == ["0.3", "20"]
        assert not widget._playing.running

    run(scenario)


def test_a_show_that_lacks_something_is_refused():
    with pytest.raises(TypeError, match="no advance, reset"):
        checked(object())
    show = Counter()
    show.controls = dict.fromkeys("abcd", (1,))
    with pytest.raises(ValueError, match=r"show\.controls"):
        checked(show)
