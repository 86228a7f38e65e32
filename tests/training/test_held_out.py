from training.held_out import held_out


def photos(folder, count):
    return [f"{folder}/{number:03d}.jpg" for number in range(count)]


def test_the_last_fifth_of_every_folder_is_held_out():
    kept = held_out([*photos("shop/Apple", 20), *photos("shop/Pear", 10)])
    assert kept == {*photos("shop/Apple", 20)[16:], *photos("shop/Pear", 10)[8:]}


def test_the_order_in_which_photos_are_listed_does_not_matter():
    paths = photos("Lime", 15)
    assert held_out(reversed(paths)) == held_out(paths)


def test_a_fifth_is_rounded_down_so_that_a_folder_of_four_keeps_all():
    assert held_out(photos("Papaya", 4)) == set()
    assert len(held_out(photos("Papaya", 9))) == 1


def test_folders_of_the_same_name_are_not_mixed():
    assert held_out([*photos("a/Lime", 4), *photos("b/Lime", 4)]) == set()
