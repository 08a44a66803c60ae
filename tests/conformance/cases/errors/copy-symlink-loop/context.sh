ln -s m l; ln -s l m
