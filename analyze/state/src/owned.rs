//! Values that are shared between copies of a state, and written without asking whether they are while they are not.
//!
//! An [`Arc`] must ask atomically before every write whether anybody else holds it, which costs more than most writes:
//! 36 cycles, three or four times for every file opened and closed. What is [`Own`](Owned::Own) need not ask.
//! [`Owned::share`] makes a value one that many can hold; the first write makes it a copy's own again.

use std::ops::Deref;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) enum Owned<T> {
    /// Nobody else has it.
    Own(Box<T>),
    /// Others may have it, too.
    Shared(Arc<T>),
}

impl<T> Deref for Owned<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Own(value) => value,
            Self::Shared(value) => value,
        }
    }
}

impl<T> From<T> for Owned<T> {
    fn from(value: T) -> Self {
        Self::Own(Box::new(value))
    }
}

/// Copies what is own. Cheap once it is shared.
impl<T: Clone> Clone for Owned<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(value) => Self::Own(value.clone()),
            Self::Shared(value) => Self::Shared(Arc::clone(value)),
        }
    }
}

impl<T: Clone> Owned<T> {
    /// To write to. A copy, if the value is shared.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut T {
        if let Self::Shared(value) = self {
            *self = Self::Own(Box::new(T::clone(value)));
        }
        match self {
            Self::Own(value) => value,
            Self::Shared(value) => Arc::make_mut(value),
        }
    }

    /// Makes it one that clones of it share.
    pub(crate) fn share(&mut self)
    where
        T: Default,
    {
        if let Self::Own(value) = self {
            *self = Self::Shared(Arc::new(std::mem::take(value)));
        }
    }

    /// The same of what is dear to make a blank one of: `blank` is there to stand in its place for a moment. `first` is done to
    /// what was own until now.
    pub(crate) fn share_for(&mut self, blank: &Arc<T>, first: impl FnOnce(&mut T)) {
        if let Self::Shared(_) = self {
            return;
        }
        if let Self::Own(mut value) = std::mem::replace(self, Self::Shared(Arc::clone(blank))) {
            first(&mut value);
            *self = Self::Shared(Arc::from(value));
        }
    }
}

/// What most have nothing of: no memory, and nobody to count who shares it, until it is written to.
#[derive(Debug, Clone)]
pub(crate) struct Maybe<P>(Option<P>);

/// What there is to be read of a [`Maybe`] that has nothing.
pub(crate) trait Nothing: 'static {
    fn nothing() -> &'static Self;
}

impl<P> Default for Maybe<P> {
    fn default() -> Self {
        Self(None)
    }
}

impl<P> From<P> for Maybe<P> {
    fn from(value: P) -> Self {
        Self(Some(value))
    }
}

impl<P: Deref<Target: Nothing>> Deref for Maybe<P> {
    type Target = P::Target;

    #[inline]
    fn deref(&self) -> &P::Target {
        match &self.0 {
            Some(value) => value,
            None => Nothing::nothing(),
        }
    }
}

impl<T: Nothing + Clone + Default> Maybe<Owned<T>> {
    /// To write to.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut T {
        self.0.get_or_insert_with(|| Owned::from(T::default())).make_mut()
    }

    /// Makes it one that clones of it share.
    pub(crate) fn share(&mut self) {
        self.0.iter_mut().for_each(Owned::share);
    }

    /// What clones of it share from here on, if there is anything.
    pub(crate) fn shared(&mut self) -> Option<Arc<T>> {
        self.share();
        match &self.0 {
            Some(Owned::Shared(value)) => Some(Arc::clone(value)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_copied_by_the_first_write() {
        let mut one = Owned::from(vec![1]);
        one.make_mut().push(2);
        one.share_for(&Arc::default(), |value| value.push(3));
        let mut other = one.clone();
        assert!(matches!((&one, &other), (Owned::Shared(a), Owned::Shared(b)) if Arc::ptr_eq(a, b)));
        other.make_mut().push(4);
        assert_eq!((&**one, &**other), (&[1, 2, 3][..], &[1, 2, 3, 4][..]));
        other.share();
        let third = other.clone();
        other.make_mut().push(5);
        assert_eq!((&**other, &**third), (&[1, 2, 3, 4, 5][..], &[1, 2, 3, 4][..]));
    }
}
