"""genrelab gives songs their genre, and announces the accuracy you will get.

The public API is what this page names; each name is loaded when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
