"""Dates in words and as ISO has them: "the third of march nineteen oh four"."""

import datetime
import sys

import numpy

import tensors

MONTHS = ("january february march april may june july august september october november december").split()
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = ("- first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
            "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth").split()
WORDS = ["the", "of", "oh", "hundred", "thousand", "and", "thirtieth", "twentieth",
         *MONTHS, *ONES[1:], *TENS[2:], *ORDINALS[1:]]
LETTERS = ["START", "END", "-", *"0123456789"]


def below_hundred(number):
    if number < 20:
        return ONES[number]
    return TENS[number // 10] + (" " + ONES[number % 10] if number % 10 else "")


def day_words(day):
    if day < 20:
        return ORDINALS[day]
    if day % 10 == 0:
        return {20: "twentieth", 30: "thirtieth"}[day]
    return f"{TENS[day // 10]} {ORDINALS[day % 10]}"


def year_words(year, rng):
    """1904: nineteen oh four, nineteen hundred and four; 2004: two thousand and four."""
    century, rest = divmod(year, 100)
    if century % 10 == 0:
        thousands = f"{ONES[century // 10]} thousand"
        return thousands + (f" and {below_hundred(rest)}" if rest else "")
    if rest == 0:
        return f"{below_hundred(century)} hundred"
    if rng.random() < 0.3:
        return f"{below_hundred(century)} hundred and {below_hundred(rest)}"
    return f"{below_hundred(century)} {'oh ' if rest < 10 else ''}{below_hundred(rest)}"


def words(date, rng):
    day, month, year = day_words(date.day), MONTHS[date.month - 1], year_words(date.year, rng)
    return str(rng.choice([f"the {day} of {month} {year}", f"{month} the {day} {year}", f"{day} {month} {year}"]))


def write(path, dates, rng):
    """Returns the dates in words."""
    texts = [words(date, rng) for date in dates]
    source, lengths = tensors.pad([[WORDS.index(word) for word in text.split()] for text in texts])
    y = [[LETTERS.index(letter) for letter in [*date.isoformat(), "END"]] for date in dates]
    data = {"words": source, "S.lengths": lengths, "y": numpy.array(y, numpy.int32)}
    tensors.write(path, data, {"words": WORDS, "y": LETTERS})
    return texts


def main(folder, count):
    """Dates of four centuries; none is in both files."""
    rng = numpy.random.default_rng(5)
    first, last = datetime.date(1700, 1, 1).toordinal(), datetime.date(2100, 1, 1).toordinal()
    chosen = rng.choice(last - first, int(count) + 2000, replace=False)
    dates = [datetime.date.fromordinal(first + int(day)) for day in chosen]
    write(f"{folder}/train.safetensors", dates[:-2000], rng)
    write(f"{folder}/held-out.safetensors", dates[-2000:], rng)
    shown = write(f"{folder}/shown.safetensors", dates[-5:], rng)
    with open(f"{folder}/shown.txt", "w") as file:
        file.writelines(text + "\n" for text in shown)


if __name__ == "__main__":
    main(*sys.argv[1:])
