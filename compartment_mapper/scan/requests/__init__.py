"""What a module requests: by calls, by computed specifiers, and as files beside it."""
