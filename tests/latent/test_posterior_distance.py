import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vhp.latent.posterior_distance import posterior_distance, spacing


def test_distance_to_the_nearest_sample():
    rng = np.random.default_rng(0)
    points, posterior = rng.normal(size=(4, 5, 3)), rng.normal(size=(30, 3))
    expected = cdist(points.reshape(-1, 3), posterior).min(1).reshape(4, 5)
    np.testing.assert_allclose(posterior_distance(points, posterior), expected)
    np.testing.assert_array_equal(posterior_distance(posterior, posterior), np.zeros(30))
    assert posterior_distance(points[:0], posterior).shape == (0, 5)


def test_spacing_is_the_mean_distance_to_the_nearest_other_sample():
    posterior = np.random.default_rng(0).normal(size=(30, 3))
    distance = cdist(posterior, posterior)
    np.fill_diagonal(distance, np.inf)
    assert spacing(posterior) == pytest.approx(distance.min(1).mean())
    assert spacing(5 * posterior + 2) == pytest.approx(5 * spacing(posterior))
    assert spacing(np.array([[0.0], [1.0], [1.0]])) == pytest.approx(1 / 3)  # of two that coincide the distance is 0


def test_no_spacing():
    with pytest.raises(ValueError, match="found 1 samples"):
        spacing(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="found 4 samples of the posterior, spacing 0"):
        spacing(np.ones((4, 2)))


def test_a_new_sample_of_the_same_density_is_about_one_spacing_away():
    rng = np.random.default_rng(0)
    posterior, new = rng.normal(size=(2, 500, 4))
    assert posterior_distance(new, posterior).mean() / spacing(posterior) == pytest.approx(1, abs=0.1)
    assert posterior_distance(np.zeros((1, 4)) + 9, posterior) / spacing(posterior) > 10
